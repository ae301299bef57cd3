import { ConfigError } from '../../core/errors.ts'
import type { TrainerCallback } from '../trainer.ts'
import type { TrainingArguments } from '../training-arguments.ts'
import type { PausePlace } from './finetune-options.ts'

/** Ends a run by `signal` at its first evaluation from a place on, or at once if it is resumed there. */
export function pauseAt({ epochs = Number.POSITIVE_INFINITY, steps = Number.POSITIVE_INFINITY }: PausePlace = {}): {
  signal: AbortSignal
  callback: TrainerCallback
} {
  const ending = new AbortController()
  const callback: TrainerCallback = ({ type }, { state }) => {
    if (type !== 'start' && type !== 'evaluate') return
    const evaluation = state.log_history.findLast((entry) => Object.keys(entry).some((key) => key.startsWith('eval_')))
    const isThere = evaluation && (evaluation.epoch >= epochs - 1e-9 || evaluation.step >= steps)
    if (isThere && state.global_step < state.max_steps) ending.abort()
  }
  return { signal: ending.signal, callback }
}

/** @throws ConfigError `PAUSE` if a run cannot stop there and go on */
export function requirePause({ epochs, steps }: PausePlace, { evalStrategy, saveOnlyModel }: TrainingArguments): void {
  if (epochs === undefined && steps === undefined) return
  for (const [name, value] of Object.entries({ epochs, steps })) {
    if (value !== undefined && !(value > 0))
      throw new ConfigError('PAUSE', `pauseAfter.${name} must be above 0, not ${value}`)
  }
  if (evalStrategy !== 'no' && !saveOnlyModel) return
  const lack = saveOnlyModel ? 'whole checkpoints: leave saveOnlyModel out' : 'evaluations: set evalStrategy'
  throw new ConfigError('PAUSE', `pauseAfter.${steps === undefined ? 'epochs' : 'steps'} needs ${lack}`)
}
