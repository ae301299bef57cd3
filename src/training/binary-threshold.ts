import { ConfigError } from '../core/errors.ts'
import { checkExamples } from './metrics.ts'

/** What a threshold is to be best for: F1, or as much as possible of the one while the other is at least `least`. */
export type ThresholdGoal = { metric: 'f1' } | { metric: 'precision' | 'recall'; least: number }

/** A probability from which on an example counts as positive, with the scores that it has on the examples it was found on. */
export interface BinaryThreshold {
  threshold: number
  precision: number
  recall: number
  f1: number
  /** Examples that count as positive. */
  predicted: number
}

/**
 * The best threshold among all that make a difference, each in the middle between two neighbouring probabilities; of equally good
 * ones the nearest to 0.5. For a least precision it is the one with the highest recall, and the other way round. The points are those
 * of scikit-learn's `precision_recall_curve`.
 *
 * The examples that a threshold is found on show it in too good a light: judge it on others.
 * @param scores probability of the positive label: float [N]
 * @param positive 1 for examples that are positive, else 0: int [N]
 * @returns undefined if no threshold reaches the goal
 * @throws DataError `NO_EXAMPLES`; ConfigError `THRESHOLD_GOAL` for a share that is none
 */
export function findBinaryThreshold(
  scores: ArrayLike<number>,
  positive: ArrayLike<number>,
  goal: ThresholdGoal,
): BinaryThreshold | undefined {
  checkExamples(scores.length)
  if (goal.metric !== 'f1' && !(goal.least > 0 && goal.least <= 1)) {
    throw new ConfigError('THRESHOLD_GOAL', `the least ${goal.metric} must be above 0 and at most 1, not ${goal.least}`)
  }
  const worth = worthOf(goal)
  let best: BinaryThreshold | undefined
  for (const point of thresholds(scores, positive)) {
    const gain = worth(point) - (best ? worth(best) : Number.NEGATIVE_INFINITY)
    const isNearer = best && Math.abs(point.threshold - 0.5) < Math.abs(best.threshold - 0.5)
    if (gain > 0 || (gain === 0 && isNearer)) best = point
  }
  return best && worth(best) >= 0 ? best : undefined
}

/** What is to be as great as can be; negative where the goal is not reached. */
function worthOf(goal: ThresholdGoal): (point: BinaryThreshold) => number {
  if (goal.metric === 'f1') return ({ f1 }) => f1
  const { metric, least } = goal
  const other = metric === 'precision' ? 'recall' : 'precision'
  return (point) => (point[metric] >= least ? point[other] : -1)
}

/** Every threshold that makes a difference, the highest first. */
function* thresholds(scores: ArrayLike<number>, positive: ArrayLike<number>): Generator<BinaryThreshold> {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b] - scores[a])
  const all = order.reduce((sum, i) => sum + positive[i], 0)
  let right = 0
  for (let n = 0; n < order.length; n++) {
    right += positive[order[n]]
    const [score, next] = [scores[order[n]], scores[order[n + 1]] ?? 0]
    if (score === next && n + 1 < order.length) continue
    const predicted = n + 1
    yield {
      threshold: (score + next) / 2,
      precision: right / predicted,
      recall: all === 0 ? 0 : right / all,
      f1: (2 * right) / (predicted + all),
      predicted,
    }
  }
}
