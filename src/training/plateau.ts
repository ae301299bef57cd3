import type { ScheduleSettings } from './schedule-settings.ts'

/** What `reduce_lr_on_plateau` knows, under PyTorch's names. */
export interface PlateauState {
  /** The best value so far; at first infinite. */
  best: number
  num_bad_epochs: number
  cooldown_counter: number
  /** The learning rate now. */
  last_lr: number
}

export const initialPlateau = (learningRate: number, greaterIsBetter: boolean): PlateauState => ({
  best: greaterIsBetter ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
  num_bad_epochs: 0,
  cooldown_counter: 0,
  last_lr: learningRate,
})

/**
 * Takes the value of an evaluation into account, as torch.optim.lr_scheduler.ReduceLROnPlateau: after more than `patience`
 * evaluations without improvement the learning rate is multiplied by `factor`.
 */
export function stepPlateau(
  state: PlateauState,
  value: number,
  settings: ScheduleSettings,
  greaterIsBetter: boolean,
): void {
  const { factor = 0.1, patience = 10, cooldown = 0, minLr = 0, eps = 1e-8 } = settings
  if (isBetter(value, state.best, settings, greaterIsBetter)) {
    state.best = value
    state.num_bad_epochs = 0
  } else state.num_bad_epochs += 1
  if (state.cooldown_counter > 0) {
    state.cooldown_counter -= 1
    state.num_bad_epochs = 0
  }
  if (state.num_bad_epochs <= patience) return
  const reduced = Math.max(state.last_lr * factor, minLr)
  if (state.last_lr - reduced > eps) state.last_lr = reduced
  state.cooldown_counter = cooldown
  state.num_bad_epochs = 0
}

function isBetter(
  value: number,
  best: number,
  { threshold = 1e-4, thresholdMode = 'rel' }: ScheduleSettings,
  greaterIsBetter: boolean,
): boolean {
  const sign = greaterIsBetter ? 1 : -1
  const bound = thresholdMode === 'rel' ? best * (1 + sign * threshold) : best + sign * threshold
  return greaterIsBetter ? value > bound : value < bound
}
