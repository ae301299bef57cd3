import { ConfigError } from '../core/errors.ts'

/**
 * Metrics of one's own: numbers by name, from what the task predicted on the evaluation data and what was right.
 *
 * ```ts
 * const computeMetrics: ComputeMetrics<ClassificationPredictions> = ({ predictions, labels }) => ({
 *   cost: predictions.reduce((sum, predicted, i) => sum + (predicted === labels[i] ? 0 : labels[i] === 1 ? 10 : 1), 0),
 * })
 * ```
 */
export type ComputeMetrics<Predictions> = (
  predictions: Predictions,
) => Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>

/** What the course of a run says of each evaluation under these names. */
const reserved = ['loss', 'runtime', 'samples_per_second']

/**
 * Computes them beside a task's own.
 * @param taskMetrics by name
 * @throws ConfigError `COMPUTE_METRICS` for what is no number, and for names that are taken
 */
export async function ownMetrics<Predictions>(
  computeMetrics: ComputeMetrics<Predictions> | undefined,
  predictions: Predictions,
  taskMetrics: Readonly<Record<string, number>>,
): Promise<Record<string, number>> {
  if (!computeMetrics) return {}
  const fail = (text: string) => new ConfigError('COMPUTE_METRICS', `computeMetrics ${text}`)
  const found: unknown = await computeMetrics(predictions)
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    throw fail(`must return numbers by name, such as { cost: 0.5 }, not ${Array.isArray(found) ? 'a list' : found}`)
  }
  for (const [name, value] of Object.entries(found)) {
    if (typeof value !== 'number') throw fail(`must return numbers, and "${name}" is ${describe(value)}`)
    if (reserved.includes(name) || Object.hasOwn(taskMetrics, name)) {
      throw fail(`returned "${name}", which every evaluation has already: choose another name`)
    }
    if (name.startsWith('eval_') || !/^[\p{L}\p{N}_.-]+$/u.test(name)) {
      throw fail(
        `names metrics by letters, digits, ".", "-" and "_", without eval_, which the log puts in front, not "${name}"`,
      )
    }
  }
  return found as Record<string, number>
}

const describe = (value: unknown): string => (value === null || value === undefined ? `${value}` : `a ${typeof value}`)
