import type { EncoderModel } from '../models/model.ts'
import type { OptimizerState, TrainingSession } from '../models/training-session.ts'
import type { TrainerState } from './trainer-state.ts'

/** Where a run keeps its checkpoints; `training/node.ts` has the one for folders. */
export interface CheckpointStore {
  /**
   * Writes the model as it begins, so that the folder can be loaded from here on.
   * @param options.resume whether the run was to go on from a checkpoint and there is none
   * @throws ConfigError if something stands there that would be lost
   */
  begin(model: EncoderModel, options: { resume: boolean }): Promise<void>
  /**
   * Writes model, optimiser and state as `checkpoint-STEP`, all or nothing, and returns its name.
   * @param optimizer undefined with `saveOnlyModel`
   */
  save(model: EncoderModel, optimizer: OptimizerState | undefined, state: TrainerState): Promise<string>
  /** The newest complete checkpoint, or undefined. */
  latest(): Promise<string | undefined>
  /** Loads the weights of a checkpoint into the model and returns the rest. */
  load(name: string, model: EncoderModel, session?: TrainingSession): Promise<TrainerState>
  /** Deletes the oldest checkpoints until `limit` are left, never `keep`. */
  prune(limit: number, keep: string | null): Promise<void>
  /** Writes the model as the result of the run. */
  finish(model: EncoderModel, state: TrainerState): Promise<void>
}
