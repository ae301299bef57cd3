/**
 * Takes at most `start` characters `content` from the beginning and `stop` from the end. Matches huggingface/tokenizers
 * `decoders/strip.rs`.
 */
export function stripCharacters(text: string, content: string, start: number, stop: number): string {
  const characters = [...text]
  let from = 0
  while (from < start && from < characters.length && characters[from] === content) from++
  let to = characters.length
  for (let left = stop; left > 0 && to > 0 && characters[to - 1] === content; left--) to--
  // Where the two meet, the reference fails; nothing is left then.
  return characters.slice(from, Math.max(from, to)).join('')
}
