import type { EncoderModel } from '../models/model.ts'
import type { LogEntry, TrainerState } from './trainer-state.ts'
import type { TrainingArguments } from './training-arguments.ts'

/** Why a run ended. `stopped` says that a callback asked for it, `aborted` that the signal did. */
export type EndReason = 'finished' | 'early-stopping' | 'stopped' | 'aborted'

/** What happens during a run, in order. Its `type` tells one event from another. */
export type TrainerEvent =
  // `epochs` are those that are begun, whether they or `maxSteps` decide the end.
  | { type: 'start'; totalSteps: number; firstStep: number; epochs: number; examples: number; resumedFrom?: string }
  /** The micro-batches of the first step were held to one batch: the largest relative difference of their gradients. */
  | { type: 'accumulation-check'; step: number; microBatches: number; difference: number }
  | {
      type: 'step'
      step: number
      totalSteps: number
      epoch: number
      loss: number
      gradNorm: number
      learningRate: number
      tokens: number
    }
  | { type: 'log'; entry: LogEntry }
  | { type: 'evaluate-start'; step: number }
  /** With several sets of evaluation data the metrics carry the set's name in front: `german_loss`. */
  | { type: 'evaluate'; step: number; epoch: number; metrics: Record<string, number>; best: boolean }
  | { type: 'save'; step: number; checkpoint: string }
  /** A pass over the training data is done, with its evaluation and checkpoint; `epoch` counts from 1. */
  | { type: 'epoch-end'; step: number; epoch: number }
  | { type: 'warning'; step: number; message: string; code?: 'NOT_FINITE' | 'OUT_OF_MEMORY' }
  | { type: 'end'; step: number; reason: EndReason }

/** What a callback may ask a run for, and what it may look at. */
export interface RunControl {
  readonly model: EncoderModel
  readonly args: Readonly<TrainingArguments>
  /** As it is at the event; the run goes on to change it. */
  readonly state: Readonly<TrainerState>
  /** Ends the run after the step under way, its evaluation and its checkpoint, as if it were its last. */
  stop(): void
  /** Evaluates after the step under way, due or not. Needs evaluation data. */
  evaluate(): void
  /** Saves a checkpoint after the step under way and its evaluation, due or not. Does nothing without a store. */
  save(): void
}

/**
 * Is told of everything that happens in a run, in order; the run waits for what it returns.
 *
 * ```ts
 * const stopAtTarget: TrainerCallback = (event, run) => {
 *   if (event.type === 'evaluate' && event.metrics.accuracy > 0.95) run.stop()
 * }
 * ```
 */
export type TrainerCallback = (event: TrainerEvent, run: RunControl) => void | Promise<void>
