/** Entities as tags of words, and back: the schemes of CoNLL files. */
import { ConfigError, DataError } from '../../core/errors.ts'
import { haveNoType, OUTSIDE, requireTag, type Tag, type TagPrefix, writeTag } from './tag.ts'

/**
 * How tags mark entities. IOB2 (also called BIO): B- on the first word, I- on the others. IOB1: I-, and B- only on the first
 * word of an entity right behind another of its type. BIOES: as IOB2, with E- on the last word and S- on an entity of one
 * word. BILOU: BIOES with the letters L- and U-.
 */
export type TagScheme = 'IOB1' | 'IOB2' | 'BIOES' | 'BILOU'

/** All schemes. */
export const tagSchemes: readonly TagScheme[] = ['IOB1', 'IOB2', 'BIOES', 'BILOU']

/** An entity: the words `[start, end)`. */
export interface EntitySpan {
  type: string
  start: number
  end: number
}

/** The letters that a scheme writes. */
export const schemeLetters: Readonly<Record<TagScheme, string>> = {
  IOB1: 'BIO',
  IOB2: 'BIO',
  BIOES: 'BIOES',
  BILOU: 'BILOU',
}

const outside: Tag = { prefix: 'O', letter: 'O', type: '' }

/**
 * The entities that tags of a sentence mark, in order.
 *
 * Without a scheme every tag is taken for what it most likely means, as conlleval and seqeval's default mode do: an entity
 * goes on through I- and E- of its type, whether or not it began with B-, and an I- or E- behind something else begins one.
 * So all four schemes are read right, and broken tags too.
 *
 * With a scheme only what it allows counts, as in seqeval's `mode='strict'`: in IOB2 an I- without B- belongs to no entity, in
 * BIOES an entity that does not end in E- or S- is none.
 * @throws DataError `TAG` for what is no tag of an entity, `TAG_SCHEME` for a letter that the scheme does not have
 */
export function readEntities(tags: readonly string[], scheme?: TagScheme): EntitySpan[] {
  return scheme === undefined ? readLeniently(tags) : readStrictly(tags, scheme)
}

/** Matches `get_entities` of seqeval/metrics/sequence_labeling.py. */
function readLeniently(tags: readonly string[]): EntitySpan[] {
  const entities: EntitySpan[] = []
  let open: EntitySpan | undefined
  let last: TagPrefix = 'O'
  for (let i = 0; i < tags.length; i++) {
    const { prefix, type } = requireTag(tags[i])
    const begins = prefix === 'B' || prefix === 'S'
    if (open && (prefix === 'O' || begins || last === 'E' || last === 'S' || open.type !== type)) {
      entities.push(open)
      open = undefined
    }
    if (prefix !== 'O') {
      open ??= { type, start: i, end: i }
      open.end = i + 1
    }
    last = prefix
  }
  if (open) entities.push(open)
  return entities
}

/** Whether a tag begins an entity, continues the one of the tag before, and whether an entity may end between two tags. */
interface SchemeRules {
  begins(tag: Tag, previous: Tag): boolean
  continues(tag: Tag, previous: Tag): boolean
  endsBefore(tag: Tag, previous: Tag): boolean
}

const isOpen = ({ prefix }: Tag) => prefix === 'B' || prefix === 'I'

const withLastLetter: SchemeRules = {
  begins: ({ prefix }) => prefix === 'B' || prefix === 'S',
  continues: (tag, previous) =>
    (tag.prefix === 'I' || tag.prefix === 'E') && isOpen(previous) && tag.type === previous.type,
  endsBefore: (_, previous) => previous.prefix === 'E' || previous.prefix === 'S',
}

const continuesWithI: SchemeRules['continues'] = (tag, previous) =>
  tag.prefix === 'I' && isOpen(previous) && tag.type === previous.type

/** Matches seqeval/scheme.py; where that is odd (an IOB1 entity of B- alone before B- of another type) as well. */
const schemeRules: Readonly<Record<TagScheme, SchemeRules>> = {
  IOB1: {
    begins: (tag, previous) =>
      tag.prefix === 'I'
        ? previous.prefix !== 'I' || previous.type !== tag.type
        : tag.prefix === 'B' && isOpen(previous) && previous.type === tag.type,
    continues: continuesWithI,
    endsBefore: (tag, previous) => !(tag.prefix === 'B' && previous.prefix === 'B' && tag.type !== previous.type),
  },
  IOB2: { begins: ({ prefix }) => prefix === 'B', continues: continuesWithI, endsBefore: () => true },
  BIOES: withLastLetter,
  BILOU: withLastLetter,
}

function readStrictly(tags: readonly string[], scheme: TagScheme): EntitySpan[] {
  const { begins, continues, endsBefore } = schemeRules[scheme]
  const parsed = tags.map((tag) => requireLetter(requireTag(tag), tag, scheme))
  const at = (i: number) => parsed[i] ?? outside
  const entities: EntitySpan[] = []
  for (let start = 0; start < tags.length; ) {
    if (!begins(at(start), at(start - 1))) {
      start++
      continue
    }
    let end = start + 1
    while (end < tags.length && continues(at(end), at(end - 1))) end++
    if (endsBefore(at(end), at(end - 1))) entities.push({ type: at(start).type, start, end })
    start = end
  }
  return entities
}

function requireLetter(parsed: Tag, tag: string, scheme: TagScheme): Tag {
  if (schemeLetters[scheme].includes(parsed.letter)) return parsed
  throw new DataError(
    'TAG_SCHEME',
    `the tag "${tag}" is not of the scheme ${scheme}, whose tags begin with ${[...schemeLetters[scheme]].join(', ')}: name ` +
      'the scheme of the data, or convert its tags.',
  )
}

/**
 * The tags of a sentence of so many words.
 * @param entities in any order, without overlap
 * @param options.noType write entities of the type `_` as `B`, not as `B-_`
 * @throws DataError `ENTITY_RANGE` for entities that overlap, are empty or leave the sentence
 */
export function writeTags(
  entities: readonly EntitySpan[],
  words: number,
  scheme: TagScheme,
  { noType = false }: { noType?: boolean } = {},
): string[] {
  if (!tagSchemes.includes(scheme)) {
    throw new ConfigError('TAG_SCHEME', `unknown tag scheme "${scheme}": expected one of ${tagSchemes.join(', ')}.`)
  }
  const tags = new Array<string>(words).fill(OUTSIDE)
  const sorted = [...entities].sort((a, b) => a.start - b.start)
  const [last, single] = scheme === 'BIOES' ? 'ES' : scheme === 'BILOU' ? 'LU' : 'I'
  sorted.forEach(({ type, start, end }, i) => {
    const previous = sorted[i - 1]
    if (!(start >= (previous?.end ?? 0) && end > start && end <= words)) {
      throw new DataError(
        'ENTITY_RANGE',
        `the entity "${type}" of words ${start} to ${end} does not fit: expected entities that do not overlap, in ` +
          `a sentence of ${words} words.`,
      )
    }
    const isBehindSame = previous?.end === start && previous.type === type
    const first = scheme === 'IOB1' && !isBehindSame ? 'I' : 'B'
    for (let word = start; word < end; word++) {
      const letter = word > start ? (word === end - 1 ? last : 'I') : end - start === 1 ? (single ?? first) : first
      tags[word] = writeTag(letter, type, noType)
    }
  })
  return tags
}

/**
 * The same entities in another scheme; of tags that are a letter alone, letters.
 * @param from drops what this scheme does not allow; default: broken tags are read as `readEntities` does without a scheme
 * @throws as `readEntities`
 */
export function convertTags(tags: readonly string[], to: TagScheme, from?: TagScheme): string[] {
  return writeTags(readEntities(tags, from), tags.length, to, { noType: haveNoType(tags) })
}
