import { DataError, didYouMean } from '../../core/errors.ts'
import { describePlace, excerpt } from '../example.ts'
import { collectLabels } from '../labels.ts'
import { detectScheme } from './detect-scheme.ts'
import { areEntityTags, OUTSIDE, requireTag } from './tag.ts'
import { schemeLetters } from './tag-scheme.ts'
import type { TokenExample } from './token-example.ts'

/**
 * The labels of a model for the tags of some sentences: `O` and then, by type, all letters of the scheme, those too that do
 * not occur, so that the model can tag longer or shorter entities than it has seen. Tags that mark no entities, such as parts
 * of speech, are sorted.
 */
export function collectTagLabels(examples: readonly Pick<TokenExample, 'tags'>[]): string[] {
  const sentences = examples.flatMap(({ tags }) => (tags ? [tags] : []))
  const found = collectLabels([...new Set(sentences.flat())].map((label) => ({ label })))
  if (!areEntityTags(found)) return found
  const types = [...new Set(found.filter((tag) => tag !== OUTSIDE).map((tag) => requireTag(tag).type))].sort()
  const letters = [...schemeLetters[detectScheme(sentences).scheme]].filter((letter) => letter !== OUTSIDE)
  return [OUTSIDE, ...types.flatMap((type) => letters.map((letter) => `${letter}-${type}`))]
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
