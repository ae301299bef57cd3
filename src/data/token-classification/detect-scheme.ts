import { DataError } from '../../core/errors.ts'
import { requireTag, type Tag } from './tag.ts'
import type { TagScheme } from './tag-scheme.ts'

/** The scheme of a data set. */
export interface DetectedScheme {
  scheme: TagScheme
  /** Tags that the scheme does not allow where they stand, such as an I- without a B- before it in IOB2. */
  broken: number
}

const outside: Tag = { prefix: 'O', letter: 'O', type: '' }

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
    for (const name of tags) {
      const tag = requireTag(name)
      letters.add(tag.letter)
      const isInside = previous.prefix === 'B' || previous.prefix === 'I'
      const isSame = isInside && previous.type === tag.type
      if (tag.prefix === 'I' && !isSame) broken.IOB2++
      if (tag.prefix === 'B' && !isSame) broken.IOB1++
      const goesOn = tag.prefix === 'I' || tag.prefix === 'E'
      // An entity that is not ended, or one that goes on without having begun.
      if (goesOn !== isInside || (goesOn && !isSame)) broken.open++
      previous = tag
    }
    if (previous.prefix === 'B' || previous.prefix === 'I') broken.open++
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
