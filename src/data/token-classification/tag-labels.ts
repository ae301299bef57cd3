import { DataError, didYouMean } from '../../core/errors.ts'
import { describePlace, excerpt } from '../example.ts'
import { collectLabels, listedLabels } from '../labels.ts'
import { detectScheme } from './detect-scheme.ts'
import { areEntityTags, haveNoType, OUTSIDE, parseTag, requireTag, writeTag } from './tag.ts'
import { schemeLetters } from './tag-scheme.ts'
import { describeWord, type TokenExample } from './token-example.ts'

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
  const noType = haveNoType(found)
  return [OUTSIDE, ...types.flatMap((type) => letters.map((letter) => writeTag(letter, type, noType)))]
}

/** @throws DataError `TAG` for a letter with a hyphen and no type, and if only some mark entities, which are slips of the pen */
function plainLabels(labels: string[], examples: readonly TaggedWords[]): string[] {
  const placeOf = (tag: string) => {
    const holder = examples.find(({ tags }) => tags?.includes(tag))
    return holder?.source ? `${describeWord(holder as TokenExample, holder.tags!.indexOf(tag))}: ` : ''
  }
  const cut = labels.find((label) => /^[BIESLU]-$/.test(label))
  if (cut !== undefined) {
    throw new DataError(
      'TAG',
      `${placeOf(cut)}the tag ${excerpt(cut)} has no type behind the hyphen: expected "O", or a letter, a hyphen and a type, such ` +
        `as ${excerpt(`${cut}person`)}. Add the type.`,
    )
  }
  const entity = labels.find((label) => label[1] === '-' && parseTag(label))
  const other = labels.find((label) => !parseTag(label))
  if (entity === undefined || other === undefined) return labels
  throw new DataError(
    'TAG',
    `${placeOf(other)}some tags mark entities, such as ${excerpt(entity)}, and others do not, such as ${excerpt(other)}: expected "O" and tags ` +
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
      `${describeWord(example, word)}: the tag ${excerpt(tag)} is not ` +
        `one that the model knows${didYouMean(tag, labels) || '.'} Known tags: ${listedLabels(labels)}. Tags of the data: ` +
        `${listedLabels(found)}. Evaluation data has a tag that training never had, or is in another scheme: correct it, convert it ` +
        '(--tag-scheme), or train with such examples.',
    )
  })
}
