import type { EncodedSequence } from '../../data/collator.ts'
import type { EncoderModel } from '../../models/model.ts'
import type { FinetuneTask, TaskPredictions } from '../../training/tasks/finetune-task.ts'

/** The flags that say how to read a data file. */
export interface DataValues {
  readonly textColumn?: string
  readonly textPairColumn?: string
  readonly labelColumn?: string
  readonly format?: string
}

/** A task as `finetune` and `evaluate` see it: how its files are read, and how results are shown on a terminal. */
export interface CommandTask<
  Example = unknown,
  Item extends EncodedSequence = EncodedSequence,
  Predictions extends TaskPredictions = TaskPredictions,
> {
  readonly task: FinetuneTask<Example, Item, Predictions>
  /** The model's head. */
  readonly head: string
  /** Reads labelled examples. @throws DataError naming file and place */
  read(file: string, values: DataValues): Promise<Example[]>
  /** The labels of training data, in the order of a new model's classes. @throws DataError if they do not do */
  labels(examples: readonly Example[], file: string): string[]
  /** What a part that is held out keeps the shares of; a task without such a thing gives the same for all. */
  stratum(example: Example): string
  /** Settings of a new model's config that the task decides. */
  readonly config?: Readonly<Record<string, unknown>>
  /** What a model must beat to be worth anything: metrics of simpler solutions. */
  baselines?(
    train: readonly Example[],
    evaluation: readonly Example[],
    labels: readonly string[],
  ): Record<string, Record<string, number>>
  /** Tables below the metrics. */
  tables(model: EncoderModel, predictions: Predictions): string[]
}
