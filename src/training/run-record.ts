import type { Finding } from '../data/doctor/index.ts'
import type { Calibration } from './calibration.ts'

/**
 * All that a training run leaves behind for people to read: plain data, so that it can be stored as JSON and shown again.
 * Numbers may be NaN or infinite, or null after a trip through JSON; readers show those as missing.
 */
export interface RunRecord {
  /** Headline of the report. */
  title: string
  /** Task name, e.g. `text-classification`. */
  task: string
  /** When the run ended, ISO 8601. */
  finishedAt?: string
  model: ModelSummary
  data: DataSummary
  /** Training arguments and what else decides the run, in the order to show them in. */
  settings: Readonly<Record<string, SettingValue>>
  /** Versions, threads, device, in the order to show them in. */
  environment: Readonly<Record<string, SettingValue>>
  /** In the order of the steps; the rows of `log_history` in transformers' trainer_state.json. */
  history: readonly HistoryRow[]
  /** Final values on the evaluation examples. The first one is the headline. */
  metrics: Readonly<Record<string, ReportedMetric>>
  /** The same metrics for simpler ways to solve the task: baseline name -> metric name -> value. */
  baselines?: Readonly<Record<string, Readonly<Record<string, number>>>>
  confusion?: ConfusionTable
  /** By label, in the order of the labels. */
  perClass?: readonly ClassRow[]
  /** Whether a classifier is right as often as it says, on the evaluation examples. */
  reliability?: Calibration
  /** Predicted and true numbers of the evaluation examples. */
  scatter?: readonly ScatterPoint[]
  /** Evaluation examples that the model got wrong with the greatest certainty or error, worst first. */
  wrongExamples?: readonly WrongExample[]
  /** What a language model fills masks with, from evaluation to evaluation. */
  fillIns?: readonly FillIn[]
  /** What was found in data and settings before the run, and in the run itself. */
  findings?: readonly Finding[]
  timing: RunTiming
  /** Whole sentences about what a reader must know, e.g. `12 texts were cut at 128 tokens.` */
  warnings?: readonly string[]
}

export type SettingValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly (string | number | boolean)[]
  | Readonly<Record<string, string | number | boolean | undefined>>

export interface ModelSummary {
  /** Folder or hub id. */
  name: string
  /** Number of trained and frozen weights. */
  parameters: number
  /** Number of encoder layers. */
  layers?: number
  hiddenSize?: number
  /** Number of attention heads. */
  heads?: number
  vocabSize?: number
  /** Tokens that a sequence is cut to. */
  maxLength?: number
}

export interface DataSummary {
  trainExamples: number
  evalExamples?: number
  /** File names or a description. */
  trainSource?: string
  evalSource?: string
  /** Examples by label, in the order of the labels. */
  labelCounts?: readonly { label: string; train: number; eval?: number }[]
}

/**
 * `{step, epoch, loss, learning_rate, grad_norm}` after training steps, `{step, epoch, eval_loss, eval_<metric>}` after
 * evaluations; other keys are passed over.
 */
export interface HistoryRow {
  /** Optimizer updates done. */
  step: number
  /** Passes over the data done, with the fraction of the current one. */
  epoch?: number | null
  [key: string]: number | string | null | undefined
}

/** A metric, with a 95 % interval if one was computed. */
export interface ReportedMetric {
  value: number
  low?: number
  high?: number
}

export interface ConfusionTable {
  /** Label names. */
  labels: readonly string[]
  /** Examples by true label (rows) and predicted label (columns). */
  counts: readonly (readonly number[])[]
}

export interface ClassRow {
  label: string
  /** In [0, 1], as are recall and f1. */
  precision: number
  recall: number
  f1: number
  /** Examples that have the label. */
  support: number
}

/** A number that a model was to meet. */
export interface ScatterPoint {
  actual: number
  predicted: number
}

export interface WrongExample {
  text: string
  textPair?: string
  /** True label. */
  label: string
  predicted: string
  /** Probability of the predicted label, in [0, 1]. */
  score?: number
  /** Where it came from, e.g. `reviews.csv, row 3`. */
  source?: string
  /** Stretches to be marked, of `textPair` if there is one, else of `text`. */
  marks?: readonly TextMark[]
}

/** A stretch of a text, such as an entity or an answer. */
export interface TextMark {
  /** UTF-16 units. */
  start: number
  /** Exclusive. */
  end: number
  /** Whether it is true, or was predicted. */
  side: 'truth' | 'guess'
  /** Its type, if it has one. */
  name?: string
}

export interface RunTiming {
  /** Wall-clock time of the training, evaluations included. */
  seconds: number
  /** Training tokens without padding. */
  tokensPerSecond?: number
  /** Optimizer updates. */
  steps: number
}

/** A mask in held-out text and what the model took it for. */
export interface FillIn {
  /** The text in front of the mask, and behind it. */
  before: string
  after: string
  /** The token that was masked. */
  answer: string
  /** By step, ascending; the likeliest token first, with its probability. */
  guesses: { step: number; tokens: { token: string; score: number }[] }[]
}
