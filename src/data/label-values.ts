import { DataError } from '../core/errors.ts'
import { describePlace, type Example, excerpt } from './example.ts'

/**
 * The number that each example's label is: `float64 [examples]`.
 * @throws DataError `NOT_A_NUMBER` or `MISSING_LABEL` naming file and row
 */
export function labelValues(examples: readonly Pick<Example, 'label' | 'source'>[]): Float64Array {
  return Float64Array.from(examples, ({ label, source }) => {
    if (label === undefined) {
      throw new DataError(
        'MISSING_LABEL',
        `${describePlace(source)}: the example has no label: name the column that holds the number with --label-column.`,
      )
    }
    // Number() would also take "0x10", "Infinity" and an empty text.
    const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(label) ? Number(label) : Number.NaN
    // What a model computes with is float32.
    if (Number.isFinite(Math.fround(value))) return value
    const hint = /^[-+]?\d+,\d+$/.test(label) ? ` Write it with a point: ${label.replace(',', '.')}.` : ''
    throw new DataError(
      'NOT_A_NUMBER',
      `${describePlace(source)}: the label ${excerpt(label)} is no number of at most 3.4e38: expected one such as 3.5.${hint} ` +
        'Correct or remove the row, or name the column that holds the number with --label-column.',
    )
  })
}
