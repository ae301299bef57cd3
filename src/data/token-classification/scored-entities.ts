import { parseTag } from './tag.ts'
import { type EntitySpan, readEntities } from './tag-scheme.ts'

/** An entity that a model found: the words `[start, end)` with the mean probability of their tags, in [0, 1]. */
export interface ScoredEntity extends EntitySpan {
  score: number
}

/**
 * Entities of predicted tags, also of broken ones (see `readEntities`). An entity's score is the mean of its words'
 * probabilities, as in transformers' aggregation strategies: unlike their product it can be compared between short and long
 * entities. Words side by side that have the same label without a letter, such as `NOUN`, are one.
 * @param tags one a word
 * @param probabilities of each word's tag: float [words]
 */
export function scoreEntities(tags: readonly string[], probabilities: ArrayLike<number>): ScoredEntity[] {
  const readable = tags.map((tag) => (parseTag(tag) ? tag : `I-${tag}`))
  return readEntities(readable).map(({ type, start, end }) => {
    let sum = 0
    for (let word = start; word < end; word++) sum += probabilities[word]
    return { type, start, end, score: sum / (end - start) }
  })
}
