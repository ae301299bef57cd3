import type { EncodedSequence } from '../../data/collator.ts'
import type { EncoderModel } from '../../models/model.ts'
import type { Tokenizer } from '../../tokenizers/index.ts'
import type { MetricInterval } from '../bootstrap.ts'
import { ownMetrics } from '../compute-metrics.ts'
import type { ExampleScorer } from '../example-scorer.ts'
import type { RunRecord } from '../run-record.ts'
import type { TrainingTask } from '../trainer.ts'
import type { PredictOptions } from './predict.ts'

/** Whom examples are encoded for. */
export interface EncodeContext {
  model: EncoderModel
  tokenizer: Tokenizer
  /** Longest sequence in tokens. */
  maxLength: number
}

/** A model, or what is known of one before it is loaded. */
export interface LabelledModel {
  config: { labels: readonly string[] }
}

/** What a model said about some items, and how wrong it was. */
export interface TaskPredictions {
  /** Mean loss, as training computes it. */
  loss: number
}

/** The parts of a report that only the task knows. */
export type TaskReport = Pick<RunRecord, 'confusion' | 'perClass' | 'reliability' | 'scatter' | 'wrongExamples'> & {
  labelCounts?: RunRecord['data']['labelCounts']
}

/**
 * A task as fine-tuning and evaluation see it: how examples become items and batches, how predictions are judged and shown.
 * An example is what a reader gives; it may become several items, as a long text does.
 */
export interface FinetuneTask<Example, Item extends EncodedSequence, Predictions extends TaskPredictions>
  extends TrainingTask<Item, Predictions> {
  /** As in `--task` and metrics.json, e.g. `text-classification`. */
  readonly name: string
  /** Headline of a report, e.g. `Text classification`. */
  readonly title: string
  /** Metrics that every evaluation reports, the headline first. */
  readonly metricNames: readonly string[]
  /** The known name of a metric. @throws ConfigError `UNKNOWN_METRIC` */
  findMetric(name: string): string
  /** Whether model and examples fit, before anything takes time. @throws DataError naming file and place, or ConfigError */
  check(model: LabelledModel, examples: readonly Example[]): void
  /** Encodes some examples. `truncated` counts the texts that were cut. */
  encode(examples: readonly Example[], context: EncodeContext): { items: Item[]; truncated: number }
  /** What decides training or evaluation beside examples and arguments: a run that goes on must have the same. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** What an item says beside ids and segments: two runs are the same only if these are. */
  targets(item: Item): ArrayLike<number>
  predict(model: EncoderModel, items: readonly Item[], options?: PredictOptions): Promise<Predictions>
  /** Values by name. */
  metrics(predictions: Predictions, names: readonly string[]): Record<string, number>
  /** Values with 95 % intervals by name, and the mean loss. @param seed decides the resamples */
  intervals(predictions: Predictions, names: readonly string[], seed: number): Record<string, MetricInterval>
  /**
   * Metrics of any choice of examples, for slices of the data and for the comparison of systems.
   * @param systems predictions of one system or more on the same examples
   */
  scorer(systems: readonly Predictions[], names: readonly string[]): ExampleScorer
  /** Names of the classes by what predictions call them: systems can be compared only if theirs are the same. */
  classNames?(model: LabelledModel): readonly string[]
  /** What metrics.json holds beside metrics, such as a confusion matrix. */
  details(model: EncoderModel, predictions: Predictions): Record<string, unknown>
  /** @param predictions of the evaluation examples; absent if there are none */
  report(
    model: EncoderModel,
    data: { trainExamples: readonly Example[]; evalExamples: readonly Example[] },
    predictions: Predictions | undefined,
  ): TaskReport
}

/** Names of the classes that a task tells apart, in the model's order; empty for tasks without classes, such as regression. */
export function classesOf(
  { classNames, classIds }: { classNames?(model: LabelledModel): readonly string[]; classIds?: unknown },
  model: LabelledModel,
): readonly string[] {
  return classNames?.(model) ?? (classIds ? model.config.labels : [])
}

/** Completes a task with the evaluation that the Trainer asks for: the loss, the task's metrics and the user's. */
export function defineTask<Example, Item extends EncodedSequence, Predictions extends TaskPredictions>(
  task: Omit<FinetuneTask<Example, Item, Predictions>, 'evaluate'>,
): FinetuneTask<Example, Item, Predictions> {
  return {
    ...task,
    async evaluate(model, items, { computeMetrics, ...options }) {
      const predictions = await task.predict(model, items, options)
      const metrics = task.metrics(predictions, task.metricNames)
      return { loss: predictions.loss, ...metrics, ...(await ownMetrics(computeMetrics, predictions, metrics)) }
    },
  }
}
