const artefacts: readonly [string, string][] = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [' do not', " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
]

/**
 * Joins pieces to a text: continuing pieces to the piece before, others after a space. `cleanUp` takes out spaces before
 * some punctuation and English contractions. Matches huggingface/tokenizers `decoders/wordpiece.rs`.
 */
export function decodeWordPieces(tokens: readonly string[], prefix: string, cleanUp: boolean): string {
  let text = ''
  for (const [i, token] of tokens.entries()) {
    let piece = token
    if (i > 0) piece = token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`
    if (cleanUp && /[.?!,']|do not/.test(piece)) {
      for (const [from, to] of artefacts) piece = piece.replaceAll(from, to)
    }
    text += piece
  }
  return text
}
