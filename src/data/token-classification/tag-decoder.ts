import { detectScheme, schemeOfLabels } from './detect-scheme.ts'
import { areEntityTags } from './tag.ts'
import type { TagScheme } from './tag-scheme.ts'
import { bestSequence, tagTransitions } from './viterbi.ts'

/** Chooses a label for each word of a sentence. @param logProbabilities float [words, C], row-major @returns int32 [words] */
export type TagDecoder = (logProbabilities: ArrayLike<number>) => Int32Array

/**
 * How a model's scores become tags.
 * @param labels the model's classes, in order
 * @param scheme the best sequence that this allows; `none`: the best label of each word by itself. Default: the scheme that the
 *   labels show. With B- and I- alone they do not tell IOB1 from IOB2: then each sentence is decoded in the one that its most
 *   probable labels break less, so that models which learnt either give whole entities. Labels that mark no entities are
 *   chosen one by one.
 */
export function createTagDecoder(labels: readonly string[], scheme?: TagScheme | 'none'): TagDecoder {
  const alone: TagDecoder = (scores) => largestOfRows(scores, labels.length)
  if (scheme === 'none' || !areEntityTags(labels)) return alone
  const of = (known: TagScheme): TagDecoder => {
    const transitions = tagTransitions(labels, known)
    return (scores) => bestSequence(scores, transitions)
  }
  const known = scheme ?? schemeOfLabels(labels)
  if (known) return of(known)
  const both = { IOB1: of('IOB1'), IOB2: of('IOB2') }
  return (scores) => {
    const best = alone(scores)
    const { scheme, broken } = detectScheme([Array.from(best, (label) => labels[label])])
    return broken === 0 ? best : both[scheme as 'IOB1' | 'IOB2'](scores)
  }
}

/** Index of the largest element of each row; the first of equals. */
function largestOfRows(values: ArrayLike<number>, size: number): Int32Array {
  return Int32Array.from({ length: values.length / size }, (_, row) => {
    let best = 0
    for (let i = 1; i < size; i++) if (values[row * size + i] > values[row * size + best]) best = i
    return best
  })
}
