/**
 * trainer_state.json in the shape that transformers' Trainer writes, so that the tools that read it can read ours. A loss that
 * is no finite number stands there as transformers has it: the bare word `NaN`, `Infinity` or `-Infinity`, which Python's json
 * reads and `JSON.parse` refuses (see `python-json.ts`).
 */

import type { UnfreezingState } from './gradual-unfreezing.ts'
import type { MicroBatchState } from './micro-batches.ts'
import type { PlateauState } from './plateau.ts'
import type { ScheduleSettings } from './schedule-settings.ts'

/** A line of the log: training lines have `loss`, `learning_rate`, `grad_norm`; evaluations have `eval_…`. */
export interface LogEntry {
  step: number
  epoch: number
  [key: string]: number
}

/** What a run knows about itself; with weights and optimiser state, all that a resumed run needs. */
export interface TrainerState {
  global_step: number
  epoch: number
  max_steps: number
  /** Epochs that are begun by `max_steps`. */
  num_train_epochs: number
  train_batch_size: number
  logging_steps: number
  eval_steps: number
  save_steps: number
  best_metric: number | null
  best_global_step: number | null
  /** The last checkpoint that was the best when it was saved; that of `best_global_step`, if that step was saved. */
  best_model_checkpoint: string | null
  num_input_tokens_seen: number
  total_flos: number
  log_history: LogEntry[]
  is_hyper_param_search: false
  is_local_process_zero: true
  is_world_process_zero: true
  trial_name: null
  trial_params: null
  stateful_callbacks: {
    EarlyStoppingCallback?: {
      args: { early_stopping_patience: number; early_stopping_threshold: number }
      attributes: { early_stopping_patience_counter: number }
    }
    TrainerControl: { args: Record<string, boolean>; attributes: Record<string, never> }
    /** Of a run with `reduce_lr_on_plateau`; as TrainingTotals not of transformers, which keeps it in scheduler.pt. */
    ReduceLROnPlateau?: { args: ScheduleSettings; attributes: PlateauState }
    /** Of a run with `gradualUnfreezing`; not of transformers either. */
    GradualUnfreezing?: { args: { strategy: string; steps: number }; attributes: UnfreezingState }
    /** Of a run with `autoMicroBatch` whose memory ran out; not of transformers either. */
    AutoMicroBatch?: { args: Record<string, never>; attributes: MicroBatchState }
    /** Not of transformers, whose reader passes over callbacks that it does not know. */
    TrainingTotals: { args: Record<string, never>; attributes: TrainingTotals }
  }
}

/** Sums that a resumed run goes on with, so that it logs and reports the numbers of a run that never stopped. */
export interface TrainingTotals {
  /** Of the losses of all steps. */
  loss: number
  /** Of the losses since the last entry of the log, and how many those are. */
  unlogged_loss: number
  unlogged_steps: number
  /** Wall-clock seconds of training so far. */
  seconds: number
}

/** The state at the beginning of a run. @param settings.epochs begun by `maxSteps` */
export function initialState(settings: {
  maxSteps: number
  epochs: number
  batchSize: number
  loggingSteps: number
  evalSteps: number
  saveSteps: number
  patience: number
  threshold: number
  /** Of `reduce_lr_on_plateau`. */
  plateau?: { args: ScheduleSettings; attributes: PlateauState }
  gradualUnfreezing: 'no' | 'steps' | 'epoch'
  gradualUnfreezingSteps: number
}): TrainerState {
  return {
    global_step: 0,
    epoch: 0,
    max_steps: settings.maxSteps,
    num_train_epochs: settings.epochs,
    train_batch_size: settings.batchSize,
    logging_steps: settings.loggingSteps,
    eval_steps: settings.evalSteps,
    save_steps: settings.saveSteps,
    best_metric: null,
    best_global_step: null,
    best_model_checkpoint: null,
    num_input_tokens_seen: 0,
    total_flos: 0,
    log_history: [],
    is_hyper_param_search: false,
    is_local_process_zero: true,
    is_world_process_zero: true,
    trial_name: null,
    trial_params: null,
    stateful_callbacks: {
      ...(settings.patience > 0 && {
        EarlyStoppingCallback: {
          args: { early_stopping_patience: settings.patience, early_stopping_threshold: settings.threshold },
          attributes: { early_stopping_patience_counter: 0 },
        },
      }),
      TrainerControl: { args: {}, attributes: {} },
      ...(settings.plateau && { ReduceLROnPlateau: settings.plateau }),
      ...(settings.gradualUnfreezing !== 'no' && {
        GradualUnfreezing: {
          args: { strategy: settings.gradualUnfreezing, steps: settings.gradualUnfreezingSteps },
          attributes: { stage_starts: [] },
        },
      }),
      TrainingTotals: { args: {}, attributes: { loss: 0, unlogged_loss: 0, unlogged_steps: 0, seconds: 0 } },
    },
  }
}
