import { ConfigError } from '../../core/errors.ts'
import { OUTSIDE, parseTag, type Tag } from './tag.ts'
import type { TagScheme } from './tag-scheme.ts'

/** Which labels may follow each other. C labels. */
export interface TagTransitions {
  labels: readonly string[]
  /** `first: uint8 [C]`, 1 for those that may begin a sentence */
  first: Uint8Array
  /** `next: uint8 [C, C]`, row by row: whether the label of the column may follow that of the row */
  next: Uint8Array
  /** `last: uint8 [C]`, 1 for those that may end a sentence */
  last: Uint8Array
}

const outside: Tag = { prefix: 'O', letter: 'O', type: '' }

/**
 * What a scheme allows: IOB2 has I- only behind B- and I- of its type; IOB1 has B- only there; in BIOES and BILOU an entity goes
 * on until its last word. Labels that are no tags of entities may stand anywhere but inside of an entity. So an entity of
 * several words is only possible where the labels have all letters for it.
 * @param labels a model's classes, in order
 */
export function tagTransitions(labels: readonly string[], scheme: TagScheme): TagTransitions {
  const size = labels.length
  const tags = labels.map((label) => parseTag(label) ?? outside)
  const hasLast = scheme === 'BIOES' || scheme === 'BILOU'
  const follows = (tag: Tag, previous: Tag): boolean => {
    const isSame = (previous.prefix === 'B' || previous.prefix === 'I') && previous.type === tag.type
    const goesOn = tag.prefix === 'I' || tag.prefix === 'E'
    if (scheme === 'IOB1') return tag.prefix !== 'B' || isSame
    if (goesOn) return isSame
    return !hasLast || previous.prefix === 'O' || previous.prefix === 'E' || previous.prefix === 'S'
  }
  const next = new Uint8Array(size * size)
  tags.forEach((previous, row) => {
    tags.forEach((tag, column) => {
      next[row * size + column] = Number(follows(tag, previous))
    })
  })
  return {
    labels,
    first: Uint8Array.from(tags, (tag) => Number(follows(tag, outside))),
    next,
    last: Uint8Array.from(tags, (tag) => Number(follows(outside, tag))),
  }
}

/** Stands for a log-probability that is minus infinity or NaN, so that the best of bad sequences can be found. */
const lowest = -1e9

/**
 * The most probable sequence of labels that is allowed (Viterbi, 1967): of equals the one with the smaller label at the last
 * word where they differ.
 * @param logProbabilities float [words, C], row-major; logits of softmax do as well, since rows may be shifted
 * @returns `labels: int32 [words]`
 * @throws ConfigError `NO_SEQUENCE` if no sequence of so many words is allowed
 */
export function bestSequence(logProbabilities: ArrayLike<number>, transitions: TagTransitions): Int32Array {
  const { first, next, last, labels } = transitions
  const size = labels.length
  const words = logProbabilities.length / size
  const best = new Int32Array(words)
  if (words === 0) return best
  const from = new Int32Array(words * size) // the label before, on the best way to each cell
  let scores = new Float64Array(size)
  let previous = new Float64Array(size)
  for (let word = 0; word < words; word++) {
    ;[scores, previous] = [previous, scores]
    for (let label = 0; label < size; label++) {
      let score = word === 0 && first[label] ? 0 : Number.NEGATIVE_INFINITY
      for (let before = 0; word > 0 && before < size; before++) {
        if (next[before * size + label] && previous[before] > score) {
          score = previous[before]
          from[word * size + label] = before
        }
      }
      const own = logProbabilities[word * size + label]
      scores[label] = score + (own >= lowest ? own : lowest)
    }
  }
  let chosen = -1
  for (let label = 0; label < size; label++) {
    if (last[label] && scores[label] > (chosen < 0 ? Number.NEGATIVE_INFINITY : scores[chosen])) chosen = label
  }
  if (chosen < 0) {
    throw new ConfigError(
      'NO_SEQUENCE',
      `no sequence of ${words} of the labels ${labels.join(', ')} is allowed: add "${OUTSIDE}" or the labels that an entity ` +
        'lacks, or decode without constraints.',
    )
  }
  for (let word = words - 1; word >= 0; word--) {
    best[word] = chosen
    chosen = from[word * size + chosen]
  }
  return best
}
