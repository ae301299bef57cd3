import { ConfigError, didYouMean } from '../../core/errors.ts'

/** The probability from which on a label is given: one for all labels, or by name, the others 0.5. */
export type Threshold = number | Readonly<Record<string, number>>

const DEFAULT_THRESHOLD = 0.5

/** The threshold of each label: float64 [C]. @throws ConfigError `THRESHOLD` for one beyond 0..1 or of no label */
export function labelThresholds(labels: readonly string[], threshold: Threshold = DEFAULT_THRESHOLD): Float64Array {
  if (typeof threshold === 'number') return new Float64Array(labels.length).fill(checked(threshold, 'the threshold'))
  const unknown = Object.keys(threshold).find((name) => !labels.includes(name))
  if (unknown !== undefined) {
    throw new ConfigError(
      'THRESHOLD',
      `there is a threshold for "${unknown}", which is no label of the model${didYouMean(unknown, labels)} ` +
        `(its labels: ${labels.slice(0, 50).join(', ')})`,
    )
  }
  return Float64Array.from(labels, (label) =>
    checked(threshold[label] ?? DEFAULT_THRESHOLD, `the threshold of "${label}"`),
  )
}

function checked(value: number, what: string): number {
  if (value >= 0 && value <= 1) return value
  throw new ConfigError('THRESHOLD', `${what} must be a probability from 0 to 1, not ${value}`)
}
