import type { Finding } from '../../data/doctor/index.ts'
import type { TrainerEvent } from '../trainer.ts'

/** What happens in a run, and what the model answered at an evaluation. */
export type WatchedEvent =
  | TrainerEvent
  // predicted and truth: int32 [N]
  | { type: 'predictions'; step: number; predicted: Int32Array; truth: Int32Array }

/** What is known of a run before it begins. */
export interface WatchContext {
  /** Loss of a model that knows how frequent each class is and nothing else; absent where that cannot be told. */
  chanceLoss?: number
  /** Names of the classes. */
  labels?: readonly string[]
}

/** Looks at a run as it goes on, one problem each, listed in watchers/index.ts. */
export interface Watcher {
  readonly name: string
  /** @returns what is told of each event in order, and says what it found */
  create(context: WatchContext): (event: WatchedEvent) => Finding | undefined
}

/** `at step 300 of 1,000` */
export const atStep = (step: number, total: number): string =>
  `at step ${step.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}`
