import { DataError } from '../../core/errors.ts'

/** The tag of a word outside of entities. */
export const OUTSIDE = 'O'

/** The type of tags that are a letter alone. */
export const NO_TYPE = '_'

/** What the letter before a tag's type says, whatever the scheme: L (last) is read as E, U (unit) as S. */
export type TagPrefix = 'B' | 'I' | 'E' | 'S' | 'O'

/** A tag, taken apart. */
export interface Tag {
  prefix: TagPrefix
  /** The letter as it was written. */
  letter: string
  /** E.g. `person`; empty for `O`, `_` where a tag is a letter alone. */
  type: string
}

const prefixes: Readonly<Record<string, TagPrefix>> = { B: 'B', I: 'I', E: 'E', S: 'S', L: 'E', U: 'S' }

/** Takes a tag apart: `O`, or a letter of B I E S L U, alone or with a hyphen and a type. undefined for anything else. */
export function parseTag(tag: string): Tag | undefined {
  if (tag === OUTSIDE) return { prefix: 'O', letter: 'O', type: '' }
  const letter = tag[0]
  if (!Object.hasOwn(prefixes, letter)) return undefined
  if (tag.length === 1) return { prefix: prefixes[letter], letter, type: NO_TYPE }
  if (tag[1] !== '-' || tag.length === 2) return undefined
  return { prefix: prefixes[letter], letter, type: tag.slice(2) }
}

/** Takes a tag apart. @throws DataError `TAG` if it is no tag of an entity */
export function requireTag(tag: string): Tag {
  const parsed = parseTag(tag)
  if (parsed) return parsed
  throw new DataError(
    'TAG',
    `the tag ${JSON.stringify(tag)} marks no entity: expected "O", or B, I, E, S, L or U with a hyphen and a type, such as ` +
      '"B-person". Entities cannot be read from parts of speech or other labels of single words.',
  )
}

/** Whether some of these tags are a letter alone, such as `B`, and so have no type; `O` never has one. */
export const haveNoType = (tags: readonly string[]): boolean => tags.some((tag) => tag !== OUTSIDE && tag.length === 1)

/** A tag of an entity. @param noType whether one without a type is a letter alone, and not `B-_` */
export const writeTag = (letter: string, type: string, noType: boolean): string =>
  noType && type === NO_TYPE ? letter : `${letter}-${type}`

/** Whether all of these are tags of entities, and so can be read as such. */
export function areEntityTags(tags: Iterable<string>): boolean {
  for (const tag of tags) if (!parseTag(tag)) return false
  return true
}
