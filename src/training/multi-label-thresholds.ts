import { ShapeError } from '../core/errors.ts'
import { checkExamples } from './metrics.ts'

/** Probabilities that a model gave to the labels of some examples, beside what holds: each [N, C] row by row. */
export interface ScoredLabels {
  probabilities: ArrayLike<number>
  /** 1 or 0. */
  targets: ArrayLike<number>
  /** C */
  numLabels: number
}

/** A probability from which on a label is given, and the F1 that it has on the examples it was chosen by. */
export interface LabelThreshold {
  threshold: number
  f1: number
}

/** The thresholds with the best F1. */
export interface MultiLabelThresholds {
  /** One for all labels, by the F1 of all cells together. */
  micro: LabelThreshold
  /** One for all labels, by the mean of the labels' F1. */
  macro: LabelThreshold
  /** One for each label. */
  perLabel: LabelThreshold[]
}

/**
 * Finds the thresholds with the best F1 among all that make a difference, in the middle between two neighbouring probabilities;
 * of equally good ones the nearest to 0.5. A label is given if its probability is at least the threshold. F1 is
 * 2 correct / (given + held), 0 without any, as scikit-learn's `f1_score` with `zero_division=0`.
 *
 * The examples that a threshold is chosen by show it in too good a light: judge it on others.
 * @throws DataError `NO_EXAMPLES`; ShapeError `LENGTHS_DIFFER`
 */
export function bestThresholds(scored: ScoredLabels): MultiLabelThresholds {
  const { probabilities, targets, numLabels } = scored
  if (probabilities.length !== targets.length || targets.length % numLabels !== 0) {
    throw new ShapeError(
      'LENGTHS_DIFFER',
      `there are ${probabilities.length} probabilities and ${targets.length} targets of ${numLabels} labels: each example ` +
        'needs one of both for each label',
    )
  }
  checkExamples(targets.length / numLabels)
  const cells = Array.from({ length: targets.length }, (_, cell) => cell)
  const ofLabel = (label: number) => cells.filter((cell) => cell % numLabels === label)
  const f1Micro = countingF1(1)
  const f1Macro = countingF1(numLabels)
  return {
    micro: sweep(scored, cells, f1Micro, () => 0),
    macro: sweep(scored, cells, f1Macro, (cell) => cell % numLabels),
    perLabel: Array.from({ length: numLabels }, (_, label) => sweep(scored, ofLabel(label), countingF1(1), () => 0)),
  }
}

/** The mean F1 of groups of cells, kept up to date while cells are given one by one. */
interface CountingF1 {
  hold(group: number): void
  give(group: number, holds: boolean): void
  mean(): number
}

function countingF1(groups: number): CountingF1 {
  const [held, given, correct] = [0, 1, 2].map(() => new Int32Array(groups))
  let sum = 0
  const f1 = (group: number) => (correct[group] === 0 ? 0 : (2 * correct[group]) / (given[group] + held[group]))
  return {
    hold: (group) => void held[group]++,
    give(group, holds) {
      sum -= f1(group)
      given[group]++
      if (holds) correct[group]++
      sum += f1(group)
    },
    mean: () => sum / groups,
  }
}

/** Lowers the threshold past one probability after the other. */
function sweep(
  { probabilities, targets }: ScoredLabels,
  cells: readonly number[],
  f1: CountingF1,
  groupOf: (cell: number) => number,
): LabelThreshold {
  for (const cell of cells) if (targets[cell] > 0) f1.hold(groupOf(cell))
  const falling = [...cells].sort((a, b) => probabilities[b] - probabilities[a])
  const highest = probabilities[falling[0]]
  let best: LabelThreshold = { threshold: Math.max(0.5, (highest + 1) / 2), f1: 0 } // nothing is given
  for (let i = 0; i < falling.length; i++) {
    const cell = falling[i]
    f1.give(groupOf(cell), targets[cell] > 0)
    const here = probabilities[cell]
    const next = i + 1 < falling.length ? probabilities[falling[i + 1]] : 0
    if (i + 1 < falling.length && next === here) continue
    // All from `here` down to above `next` do the same; 0.5 is the plainest if it is among them.
    const threshold = here >= 0.5 && next < 0.5 ? 0.5 : (here + next) / 2
    const value = f1.mean()
    // Sums of fractions in another order differ by rounding.
    const isBetter = value > best.f1 + 1e-12
    const isNearer = value > best.f1 - 1e-12 && Math.abs(threshold - 0.5) < Math.abs(best.threshold - 0.5)
    if (isBetter || isNearer) best = { threshold, f1: value }
  }
  return best
}
