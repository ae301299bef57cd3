import { DataError, didYouMean } from '../../core/errors.ts'
import { describePlace, excerpt } from '../example.ts'
import { collectLabels, listedLabels } from '../labels.ts'
import { detectScheme } from './detect-scheme.ts'
import { areEntityTags, OUTSIDE, parseTag, requireTag } from './tag.ts'
import { schemeLetters } from './tag-scheme.ts'
import type { TokenExample } from './token-example.ts'

/** Tags, and for messages where they are from. */
type TaggedWords = Pick<TokenExample, 'tags'> & Partial<TokenExample>

/**
 * The labels of a model for the tags of some sentences: `O` and then, by type, all letters of the scheme, those too that do
 * not occur, so that the model can tag longer or shorter entities than it has seen. Tags that mark no entities, such as parts
 * of speech, are sorted.
 * @throws DataError `TAG` where some tags mark entities and others do not, `TAG_SCHEME` for letters of different schemes
 */
export function collectTagLabels(examples: readonly TaggedWords[]): string[] {
  const sentences = examples.flatMap(({ tags }) => (tags ? [tags] : []))
  const found = collectLabels([...new Set(sentences.flat())].map((label) => ({ label })))
  if (!areEntityTags(found)) return plainLabels(found, examples)
  const types = [...new Set(found.filter((tag) => tag !== OUTSIDE).map((tag) => requireTag(tag).type))].sort()
  const letters = [...schemeLetters[detectScheme(sentences).scheme]].filter((letter) => letter !== OUTSIDE)
  return [OUTSIDE, ...types.flatMap((type) => letters.map((letter) => `${letter}-${type}`))]
}

/** @throws DataError `TAG` if only some mark entities, which is a slip of the pen such as "B_person" */
function plainLabels(labels: string[], examples: readonly TaggedWords[]): string[] {
  const entity = labels.find((label) => label[1] === '-' && parseTag(label))
  const other = labels.find((label) => !parseTag(label))
  if (entity === undefined || other === undefined) return labels
  const holder = examples.find(({ tags }) => tags?.includes(other))
  const place = holder?.source ? `${describePlace(holder.source)}, word ${holder.tags!.indexOf(other) + 1}: ` : ''
  throw new DataError(
    'TAG',
    `${place}some tags mark entities, such as ${excerpt(entity)}, and others do not, such as ${excerpt(other)}: expected "O" and tags ` +
      'like "B-person", or tags without such letters. Correct the tags, or choose another column with --label-column.',
  )
}

/**
 * The position of each tag of a sentence in `labels`: `int32 [words]`.
 * @param data what the sentence is one of, for messages
 * @throws DataError `UNKNOWN_LABEL`, `MISSING_LABEL` or `LENGTHS_DIFFER` naming file, row and word
 */
export function tagIds(
  example: TokenExample,
  labels: readonly string[],
  ids: ReadonlyMap<string, number> = new Map(labels.map((label, id) => [label, id])),
  data: readonly TokenExample[] = [example],
): Int32Array {
  const { words, tags, source } = example
  if (tags === undefined) {
    throw new DataError(
      'MISSING_LABEL',
      `${describePlace(source)}: the sentence has no tags: name the column that holds them with --label-column.`,
    )
  }
  if (tags.length !== words.length) {
    throw new DataError(
      'LENGTHS_DIFFER',
      `${describePlace(source)}: the sentence has ${tags.length} tags for ${words.length} words: expected one a word.`,
    )
  }
  return Int32Array.from(tags, (tag, word) => {
    const id = ids.get(tag)
    if (id !== undefined) return id
    const found = [...new Set(data.flatMap((each) => each.tags ?? []))].sort()
    throw new DataError(
      'UNKNOWN_LABEL',
      `${describePlace(source)}, word ${word + 1} of the sentence (${excerpt(words[word])}): the tag ${excerpt(tag)} is not ` +
        `one that the model knows${didYouMean(tag, labels) || '.'} Known tags: ${listedLabels(labels)}. Tags of the data: ` +
        `${listedLabels(found)}. Evaluation data has a tag that training never had, or is in another scheme: correct it, convert it ` +
        '(--tag-scheme), or train with such examples.',
    )
  })
}
