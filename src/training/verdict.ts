import type { ModelComparison } from './evaluation-record.ts'
import { lowerIsBetter } from './metric-direction.ts'
import type { PairedDifference } from './paired-tests.ts'

/** From this p-value on a difference may be chance. */
const chance = 0.05

/** Whether a difference may be chance, in plain words. */
export function differenceVerdict(name: string, { difference, p }: PairedDifference): string {
  if (Number.isNaN(p)) return 'cannot be told'
  if (p >= chance) return 'may be chance'
  const isBetter = lowerIsBetter(name) ? difference < 0 : difference > 0
  return isBetter ? 'better' : 'worse'
}

/** A p-value; below a ten-thousandth no digits mean anything. */
export const formatP = (p: number): string => (Number.isNaN(p) ? '–' : p < 1e-4 ? '<0.0001' : p.toFixed(4))

/** What the first metric says of two models, in words. @param name of the first one */
export function comparisonSentence(name: string, { model, metrics }: ModelComparison): string {
  const [metric, row] = Object.entries(metrics)[0]
  const { difference, p } = row
  const verdict = differenceVerdict(metric, row)
  if (verdict === 'cannot be told') return `By ${metric} the two cannot be compared on these examples.`
  if (difference === 0) return `By ${metric} the two are equal.`
  const size = Math.abs(difference).toFixed(4)
  if (verdict === 'may be chance') {
    return `The difference of ${size} in ${metric} may be chance (p = ${formatP(p)}): these examples do not tell which is better.`
  }
  const better = verdict === 'better' ? name : model
  return `${better} is better by ${size} in ${metric}, which is more than chance explains (p ${p < 1e-4 ? '' : '= '}${formatP(p)}).`
}
