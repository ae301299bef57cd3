import type { Finding } from '../../data/doctor/index.ts'
import type { Example } from '../../data/example.ts'
import type { EncoderModel } from '../../models/model.ts'
import type { Tokenizer } from '../../tokenizers/index.ts'
import type { ComputeMetrics } from '../compute-metrics.ts'
import type { EvaluationItems } from '../evaluation-sets.ts'
import type { CardOptions } from '../report/card-facts.ts'
import type { RunRecord } from '../run-record.ts'
import type { ClassificationPredictions } from '../tasks/text-classification.ts'
import type { TrainerCallback, TrainerEvent } from '../trainer.ts'
import type { TrainingArguments } from '../training-arguments.ts'

/** How far a part of a run is that has no training steps. */
export interface FinetuneProgress {
  stage: 'encode' | 'evaluate'
  /** Examples done, and all of them. */
  done: number
  total: number
  /** Of those, so many were longer than `maxLength` tokens and were cut; told while encoding. */
  truncated?: number
}

/** A place in a run: the first evaluation when so many epochs or steps are done, whichever is first. */
export interface PausePlace {
  epochs?: number
  steps?: number
}

/** What to train, on what, and where to. */
export interface FinetuneOptions<TaskExample, Predictions = unknown> {
  /** With the task's head; its labels are the names that the examples' labels must be among. */
  model: EncoderModel
  tokenizer: Tokenizer
  trainExamples: readonly TaskExample[]
  /**
   * Examples to judge the model on; without them there are no metrics. One set, or several by name, whose metrics have the name in
   * front: `german_f1`. Of several, the first decides what is best, unless `metricForBestModel` names another, and is the one that
   * the report shows examples of.
   */
  evalExamples?: EvaluationItems<TaskExample>
  /** Metrics of one's own beside the task's; one of them may be `metricForBestModel`. */
  computeMetrics?: ComputeMetrics<Predictions>
  /**
   * Longer texts are cut to so many tokens. Default: the smaller of the model's and the tokenizer's limit; of a model with
   * `longTexts` always the length of its windows.
   */
  maxLength?: number
  args?: Partial<TrainingArguments>
  /** Folder for all that the run writes. */
  output: string
  /** Go on from the newest checkpoint in `output`, if there is one; data and settings must be the same. */
  resume?: boolean
  /** Replace an earlier run in `output`; default false: a folder that holds a run or a model is refused. */
  overwrite?: boolean
  /**
   * Of a model with adapters (see `LoraConfig`): also write them to `output/adapter`, as Python's peft does. The model in `output`
   * has them merged. Default false.
   */
  saveAdapter?: boolean
  /** Stops after the step under way and its evaluation, and saves a checkpoint. */
  signal?: AbortSignal
  /**
   * Stops there and saves a checkpoint and metrics. `resume` goes on as if the run had never stopped: schedules are those of the
   * whole run.
   */
  pauseAfter?: PausePlace
  onEvent?: (event: TrainerEvent) => void
  /** Told of every event behind the loggers of `reportTo`; may ask the run to evaluate, to save and to stop. */
  callbacks?: readonly TrainerCallback[]
  onProgress?: (progress: FinetuneProgress) => void
  /** Headline of the report. */
  title?: string
  /** What the report calls the model and the data; defaults say nothing of where they came from. */
  modelName?: string
  trainSource?: string
  evalSource?: string
  /** Metrics of simpler solutions on the same evaluation examples, for the report. */
  baselines?: RunRecord['baselines']
  /** What only you know of the model, for its card. */
  card?: CardOptions
  /** Whole sentences for the top of the report. */
  warnings?: readonly string[]
  /** What `diagnose` found, for metrics.json and the report. */
  findings?: readonly Finding[]
  /** Look at the run as it goes on, and end it where it cannot come to anything. Default true. */
  watch?: boolean
  /** Also end it for what is a warning. Default false. */
  strict?: boolean
  /** Told of what is found during the run. */
  onFinding?: (finding: Finding) => void
}

export type FinetuneClassifierOptions = FinetuneOptions<Example, ClassificationPredictions>
