import type { EncodedSequence } from '../../data/collator.ts'
import type { ProblemType } from '../../models/architecture.ts'
import type { EncoderModel } from '../../models/model.ts'
import type { FinetuneTask, TaskPredictions } from '../../training/tasks/finetune-task.ts'
import type { PredictTask } from '../predictors/predictor.ts'
import type { TaskFlag, TaskValues } from './task-flags.ts'

/** A task as `finetune`, `evaluate` and `predict` see it: its flags, its files, and how results are shown on a terminal. */
export interface CommandTask<
  Example = unknown,
  Item extends EncodedSequence = EncodedSequence,
  Predictions extends TaskPredictions = TaskPredictions,
> {
  /** As in `--task`. */
  readonly name: string
  /** The model's head. */
  readonly head: string
  /** What the head's outputs mean, where that is what tells tasks of one head apart. */
  readonly problemType?: ProblemType
  /** The flags of `finetune` and `evaluate` that are for this task, of those that are not for all. */
  readonly flags: readonly TaskFlag[]
  /** The task as the flags have it. @throws ConfigError for a value that cannot be */
  create(values: TaskValues): FinetuneTask<Example, Item, Predictions>
  /** Reads labelled examples. @param warn told of what is odd, but no error @throws DataError naming file and place */
  read(file: string, values: TaskValues, warn: (text: string) => void): Promise<Example[]>
  /**
   * The labels of training data, in the order of a new model's classes; none for a task without labels.
   * @throws DataError if they do not do
   */
  labels(examples: readonly Example[], file: string): string[]
  /** Holds a part of the examples out, for `--eval-split`. @throws ConfigError for the fraction, DataError for too few examples */
  split(examples: readonly Example[], options: TaskSplit): { train: Example[]; eval: Example[] }
  /** Whether its files are tables of which the columns of texts and label are read, and others may be left over. */
  readonly hasColumns?: boolean
  /** Tokens of a sequence where `--max-length` is not given, if the model takes as many. Default all that it takes. */
  readonly usualLength?: number
  /** What a model must beat to be worth anything: metrics of simpler solutions. */
  baselines?(
    train: readonly Example[],
    evaluation: readonly Example[],
    labels: readonly string[],
  ): Record<string, Record<string, number>>
  /** Tables below the metrics. */
  tables(model: EncoderModel, predictions: Predictions): string[]
  /** What `evaluate --json` has beside the metrics. */
  results?(model: EncoderModel, predictions: Predictions): Record<string, unknown>
  readonly predict: PredictTask<unknown, unknown>
}

/** How much is held out. */
export interface TaskSplit {
  /** In (0, 1). */
  fraction: number
  seed: number
}
