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
