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
 * The text of each piece: a continuing piece without its prefix, any other but the first behind a space. `cleanUp` takes
 * out spaces before some punctuation and English contractions, piece by piece. Matches huggingface/tokenizers
 * `decoders/wordpiece.rs`.
 */
export function wordPieceTexts(tokens: readonly string[], prefix: string, cleanUp: boolean): string[] {
  return tokens.map((token, i) => {
    let piece = token
    if (i > 0) piece = token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`
    return cleanUp ? cleanUpWordPiece(piece) : piece
  })
}

/** `wordPieceTexts`, joined. */
export function decodeWordPieces(tokens: readonly string[], prefix: string, cleanUp: boolean): string {
  return wordPieceTexts(tokens, prefix, cleanUp).join('')
}

/** Takes out the spaces before some punctuation and English contractions. */
export function cleanUpWordPiece(piece: string): string {
  if (!/[.?!,']|do not/.test(piece)) return piece
  let clean = piece
  for (const [from, to] of artefacts) clean = clean.replaceAll(from, to)
  return clean
}
