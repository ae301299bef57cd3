import { stepPlateau } from './plateau.ts'
import type { TrainerState } from './trainer-state.ts'
import type { TrainingArguments } from './training-arguments.ts'

/**
 * Notes the value of an evaluation: whether it is the best so far, how long there was none, and what the learning rate makes of it.
 * @returns whether it is the best
 */
export function judgeEvaluation(state: TrainerState, args: TrainingArguments, value: number): boolean {
  // NaN is better than nothing else, not even than no value.
  const before = state.best_metric ?? (args.greaterIsBetter ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY)
  const gain = (value - before) * (args.greaterIsBetter ? 1 : -1)
  const best = gain > 0
  if (best) {
    state.best_metric = value
    state.best_global_step = state.global_step
  }
  const stopping = state.stateful_callbacks.EarlyStoppingCallback?.attributes
  if (stopping) {
    stopping.early_stopping_patience_counter =
      gain > args.earlyStoppingThreshold ? 0 : stopping.early_stopping_patience_counter + 1
  }
  const plateau = state.stateful_callbacks.ReduceLROnPlateau
  if (plateau) stepPlateau(plateau.attributes, value, args.lrSchedulerSettings, args.greaterIsBetter)
  return best
}

/** Whether early stopping has waited long enough. */
export function patienceIsOver(state: TrainerState, args: TrainingArguments): boolean {
  const stopping = state.stateful_callbacks.EarlyStoppingCallback
  return stopping !== undefined && stopping.attributes.early_stopping_patience_counter >= args.earlyStoppingPatience
}
