import { DataError } from '../core/errors.ts'
import { describePlace, type Example, excerpt } from './example.ts'

/** What the classes of next sentence prediction mean, in transformers' order: 0 if the second text follows the first. */
export const nextSentenceLabels = ['isNext', 'notNext'] as const

/**
 * Whether each pair's second text follows the first (0) or not (1): `int32 [examples]`. A label is 0 or 1, or the name of one.
 * @throws DataError `MISSING_PAIR`, `MISSING_LABEL` or `UNKNOWN_LABEL` naming file and row
 */
export function nextSentenceIds(examples: readonly Example[]): Int32Array {
  return Int32Array.from(examples, ({ textPair, label, source }) => {
    requireSecondText(textPair, describePlace(source))
    if (label === undefined) {
      throw new DataError(
        'MISSING_LABEL',
        `${describePlace(source)}: the example has no label: name the column that holds it with --label-column.`,
      )
    }
    const id = nextSentenceLabels.findIndex((name, i) => label === String(i) || label === name)
    if (id >= 0) return id
    throw new DataError(
      'UNKNOWN_LABEL',
      `${describePlace(source)}: label ${excerpt(label)}: expected 0 or ${nextSentenceLabels[0]} if the second text follows the ` +
        `first, 1 or ${nextSentenceLabels[1]} if it does not.`,
    )
  })
}

/** @throws DataError `MISSING_PAIR` @param where the start of the message */
export function requireSecondText(textPair: string | undefined, where: string): asserts textPair is string {
  if (textPair !== undefined) return
  throw new DataError(
    'MISSING_PAIR',
    `${where}: there is no second text, but next sentence prediction judges pairs: name its column with --text-pair-column.`,
  )
}
