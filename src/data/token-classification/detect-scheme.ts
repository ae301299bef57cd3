import { DataError } from '../../core/errors.ts'
import { requireTag, type Tag } from './tag.ts'
import { schemeLetters, type TagScheme } from './tag-scheme.ts'

/** The scheme of a data set. */
export interface DetectedScheme {
  scheme: TagScheme
  /** Tags that the scheme does not allow where they stand, such as an I- without a B- before it in IOB2. */
  broken: number
}

const outside: Tag = { prefix: 'O', letter: 'O', type: '' }

/** Whether each kind of scheme forbids a tag behind another; `open` are BIOES and BILOU, in which entities are ended. */
function breaks(tag: Tag, previous: Tag): { IOB1: boolean; IOB2: boolean; open: boolean } {
  const isInside = previous.prefix === 'B' || previous.prefix === 'I'
  const isSame = isInside && previous.type === tag.type
  const goesOn = tag.prefix === 'I' || tag.prefix === 'E'
  return {
    IOB1: tag.prefix === 'B' && !isSame,
    IOB2: tag.prefix === 'I' && !isSame,
    // An entity that is not ended, or one that goes on without having begun.
    open: goesOn !== isInside || (goesOn && !isSame),
  }
}

/**
 * Which scheme the tags of a data set follow. L- or U- means BILOU, E- or S- BIOES; of IOB1 and IOB2 that which fewer tags
 * break, IOB2 if neither.
 * @param sentences the tags of each
 * @throws DataError `TAG` for what is no tag of an entity, `TAG_SCHEME` for letters of different schemes
 */
export function detectScheme(sentences: Iterable<readonly string[]>): DetectedScheme {
  const letters = new Set<string>()
  const broken = { IOB1: 0, IOB2: 0, open: 0 }
  for (const tags of sentences) {
    let previous = outside
    for (const tag of [...tags.map(requireTag), outside]) {
      const found = breaks(tag, previous)
      for (const kind of ['IOB1', 'IOB2', 'open'] as const) broken[kind] += Number(found[kind])
      if (tag !== outside) letters.add(tag.letter)
      previous = tag
    }
  }
  const has = (some: string) => [...some].some((letter) => letters.has(letter))
  if (has('LU') || has('ES')) {
    if ((has('LU') && has('ES')) || !has('BSU')) {
      throw new DataError(
        'TAG_SCHEME',
        `tags begin with ${[...letters].sort().join(', ')}, which is no scheme that can be read: expected B, I, O (IOB1, ` +
          'IOB2), B, I, O, E, S (BIOES) or B, I, L, O, U (BILOU). Convert them first.',
      )
    }
    return { scheme: has('LU') ? 'BILOU' : 'BIOES', broken: broken.open }
  }
  return broken.IOB1 < broken.IOB2 ? { scheme: 'IOB1', broken: broken.IOB1 } : { scheme: 'IOB2', broken: broken.IOB2 }
}

/**
 * The place of the first tag of a sentence that a scheme does not allow there; that of the last tag where an entity is not ended;
 * undefined if there is none.
 * @throws DataError `TAG` for what is no tag of an entity
 */
export function firstBrokenTag(tags: readonly string[], scheme: TagScheme): number | undefined {
  const kind = scheme === 'IOB1' || scheme === 'IOB2' ? scheme : 'open'
  const parsed = [...tags.map(requireTag), outside]
  const at = parsed.findIndex(
    (tag, i) => !schemeLetters[scheme].includes(tag.letter) || breaks(tag, parsed[i - 1] ?? outside)[kind],
  )
  return at < 0 ? undefined : Math.min(at, tags.length - 1)
}

/**
 * The scheme that a model's labels show: with E- and S- BIOES, with L- and U- BILOU. undefined where labels cannot tell: with
 * B- and I- alone it may be IOB1 or IOB2, and others mark no entities.
 */
export function schemeOfLabels(labels: readonly string[]): TagScheme | undefined {
  try {
    const { scheme } = detectScheme(labels.map((label) => [label]))
    return scheme === 'BIOES' || scheme === 'BILOU' ? scheme : undefined
  } catch {
    return undefined
  }
}
