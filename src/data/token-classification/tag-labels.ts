import { DataError, didYouMean } from '../../core/errors.ts'
import { describePlace, excerpt } from '../example.ts'
import { collectLabels } from '../labels.ts'
import { detectScheme } from './detect-scheme.ts'
import { areEntityTags, OUTSIDE, parseTag, requireTag } from './tag.ts'
import { schemeLetters } from './tag-scheme.ts'
import type { TokenExample } from './token-example.ts'

/**
 * The labels of a model for the tags of some sentences: `O` and then, by type, all letters of the scheme, those too that do
 * not occur, so that the model can tag longer or shorter entities than it has seen. Tags that mark no entities, such as parts
 * of speech, are sorted.
 * @throws DataError `TAG` where some tags mark entities and others do not, `TAG_SCHEME` for letters of different schemes
 */
export function collectTagLabels(examples: readonly Pick<TokenExample, 'tags'>[]): string[] {
  const sentences = examples.flatMap(({ tags }) => (tags ? [tags] : []))
  const found = collectLabels([...new Set(sentences.flat())].map((label) => ({ label })))
  if (!areEntityTags(found)) return plainLabels(found)
  const types = [...new Set(found.filter((tag) => tag !== OUTSIDE).map((tag) => requireTag(tag).type))].sort()
  const letters = [...schemeLetters[detectScheme(sentences).scheme]].filter((letter) => letter !== OUTSIDE)
  return [OUTSIDE, ...types.flatMap((type) => letters.map((letter) => `${letter}-${type}`))]
}

/** @throws DataError `TAG` if only some mark entities, which is a slip of the pen such as "B_person" */
function plainLabels(labels: string[]): string[] {
  const entity = labels.find((label) => label[1] === '-' && parseTag(label))
  const other = labels.find((label) => !parseTag(label))
  if (entity === undefined || other === undefined) return labels
  throw new DataError(
    'TAG',
    `some tags mark entities, such as ${excerpt(entity)}, and others do not, such as ${excerpt(other)}: expected "O" and tags ` +
      'like "B-person", or tags without such letters. Correct the tags, or choose another column with --label-column.',
  )
}

/**
 * The position of each tag of a sentence in `labels`: `int32 [words]`.
 * @throws DataError `UNKNOWN_LABEL`, `MISSING_LABEL` or `LENGTHS_DIFFER` naming file, row and word
 */
export function tagIds(
  { words, tags, source }: TokenExample,
  labels: readonly string[],
  ids: ReadonlyMap<string, number> = new Map(labels.map((label, id) => [label, id])),
): Int32Array {
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
    const known = labels
      .slice(0, 50)
      .map((name) => excerpt(name))
      .join(', ')
    throw new DataError(
      'UNKNOWN_LABEL',
      `${describePlace(source)}, word ${word + 1} of the sentence (${excerpt(words[word])}): the tag ${excerpt(tag)} is not ` +
        `one that the model knows${didYouMean(tag, labels) || '.'} Known tags: ${known}` +
        `${labels.length > 50 ? `, … (${labels.length})` : ''}. Evaluation data has a tag that training never had, or is ` +
        'in another scheme: correct or convert it, or train with such examples.',
    )
  })
}
