import type { WordCounts } from './word-counter.ts'

/** Pieces and their log probabilities, in the same order. */
export interface ScoredPieces {
  pieces: string[]
  scores: Float64Array
}

/** Where the end of a word stands in the flat text. */
const END = 0

/**
 * The pieces to begin with: every character, then the substrings that come in two words or places and are followed by
 * different characters (the inner nodes of the words' suffix tree), those with the highest frequency times length first.
 * Frequencies of substrings count each different word once. Matches `make_seed_sentence_pieces` of huggingface/tokenizers
 * `models/unigram/trainer.rs`.
 *
 * @param maxPieceLength in code points
 * @param seedSize pieces at most, characters aside
 */
export function seedPieces({ words, counts }: WordCounts, maxPieceLength: number, seedSize: number): ScoredPieces {
  const frequencies = new Map<number, number>()
  let units = words.length
  for (const [w, word] of words.entries()) {
    units += word.length
    for (const character of word) {
      const codePoint = character.codePointAt(0) as number
      frequencies.set(codePoint, (frequencies.get(codePoint) ?? 0) + counts[w])
    }
  }
  const flat = new Int32Array(units) // code points, each word with an END behind it
  const starts = new Int32Array(units - words.length)
  let length = 0
  let suffixes = 0
  for (const word of words) {
    for (const character of word) {
      const codePoint = character.codePointAt(0) as number
      if (codePoint !== END) starts[suffixes++] = length
      flat[length++] = codePoint
    }
    flat[length++] = END
  }
  const found = branchingSubstrings(flat, starts.subarray(0, suffixes), maxPieceLength)
  const order = Int32Array.from(found.starts.keys()).sort(
    (a, b) =>
      found.frequencies[b] * found.lengths[b] - found.frequencies[a] * found.lengths[a] ||
      -compareSubstrings(flat, found, a, b),
  )

  const characters = [...frequencies].filter(([codePoint]) => codePoint !== END)
  characters.sort((a, b) => b[1] - a[1] || b[0] - a[0])
  const pieces = characters.map(([codePoint]) => String.fromCodePoint(codePoint))
  const weights = characters.map(([, count]) => count)
  for (const i of order) {
    pieces.push(String.fromCodePoint(...flat.subarray(found.starts[i], found.starts[i] + found.lengths[i])))
    weights.push(found.frequencies[i] * found.lengths[i])
    if (pieces.length >= seedSize) break
  }
  const logSum = Math.log(weights.reduce((sum, weight) => sum + weight, 0))
  return { pieces, scores: Float64Array.from(weights, (weight) => Math.log(weight) - logSum) }
}

/** Substrings of a flat text, one a row. */
interface Substrings {
  starts: number[]
  lengths: number[]
  frequencies: number[]
}

/**
 * The substrings of 2 to `maxLength` characters that are followed by at least two different characters. Sorts the suffixes
 * by their first characters (multikey quicksort, Bentley and Sedgewick 1997): each group of equal beginnings turns up on the way.
 */
function branchingSubstrings(flat: Int32Array, suffixes: Int32Array, maxLength: number): Substrings {
  const found: Substrings = { starts: [], lengths: [], frequencies: [] }
  // Ranges to sort: from, to, depth of the equal beginning, and whether all suffixes with that beginning are in it.
  const stack: number[] = [0, suffixes.length, 0, 1]
  while (stack.length > 0) {
    const whole = stack.pop() as number
    const depth = stack.pop() as number
    const to = stack.pop() as number
    const from = stack.pop() as number
    if (to - from < 2) continue
    const pivot = medianOfThree(
      flat[suffixes[from] + depth],
      flat[suffixes[(from + to) >> 1] + depth],
      flat[suffixes[to - 1] + depth],
    )
    let below = from
    let above = to
    for (let i = from; i < above; ) {
      const suffix = suffixes[i]
      const key = flat[suffix + depth]
      if (key < pivot) {
        suffixes[i++] = suffixes[below]
        suffixes[below++] = suffix
      } else if (key > pivot) {
        suffixes[i] = suffixes[--above]
        suffixes[above] = suffix
      } else {
        i++
      }
    }
    if (whole === 1 && depth >= 2 && above - below < to - from) {
      found.starts.push(suffixes[from])
      found.lengths.push(depth)
      found.frequencies.push(to - from)
    }
    stack.push(from, below, depth, 0, above, to, depth, 0)
    if (pivot !== END && depth < maxLength) stack.push(below, above, depth + 1, 1)
  }
  return found
}

function medianOfThree(a: number, b: number, c: number): number {
  if (a < b) return b < c ? b : Math.max(a, c)
  return a < c ? a : Math.max(b, c)
}

function compareSubstrings(flat: Int32Array, { starts, lengths }: Substrings, a: number, b: number): number {
  const length = Math.min(lengths[a], lengths[b])
  for (let i = 0; i < length; i++) {
    const difference = flat[starts[a] + i] - flat[starts[b] + i]
    if (difference !== 0) return difference
  }
  return lengths[a] - lengths[b]
}
