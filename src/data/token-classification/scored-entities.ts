import { areEntityTags } from './tag.ts'
import { readEntities } from './tag-scheme.ts'

/** An entity that a model found: the words `[start, end)` with the mean probability of their tags. */
export interface ScoredEntity {
  type: string
  start: number
  end: number
  /** In [0, 1]. */
  score: number
}

/**
 * Entities of predicted tags. An entity's score is the mean of its words' probabilities, as in transformers' aggregation
 * strategies: unlike their product it can be compared between short and long entities. Where labels are no tags of entities,
 * words side by side with one label are one, all but those with `O`.
 * @param tags one a word
 * @param probabilities of each word's tag: float [words]
 */
export function scoreEntities(tags: readonly string[], probabilities: ArrayLike<number>): ScoredEntity[] {
  const readable = areEntityTags(tags) ? tags : tags.map((tag) => (tag === 'O' ? tag : `I-${tag}`))
  return readEntities(readable).map(({ type, start, end }) => {
    let sum = 0
    for (let word = start; word < end; word++) sum += probabilities[word]
    return { type, start, end, score: sum / (end - start) }
  })
}
