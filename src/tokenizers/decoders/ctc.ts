import { cleanUpWordPiece } from './wordpiece.ts'

/**
 * Texts of speech models: repeated tokens and padding are dropped, the word delimiter becomes a space. Matches
 * huggingface/tokenizers `decoders/ctc.rs`.
 */
export function decodeCtc(tokens: readonly string[], pad: string, wordDelimiter: string, cleanUp: boolean): string[] {
  const texts: string[] = []
  for (const [i, token] of tokens.entries()) {
    if (i > 0 && token === tokens[i - 1]) continue
    let text = token.replaceAll(pad, '')
    if (cleanUp) text = cleanUpWordPiece(text).replaceAll(wordDelimiter, ' ')
    if (text !== '') texts.push(text)
  }
  return texts
}
