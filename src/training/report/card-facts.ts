import type { WindowOptions } from '../../data/text-windows.ts'
import type { RunRecord, SettingValue } from '../run-record.ts'

/** What only a person can say of a model, for its card. What is not told is left out. */
export interface CardOptions {
  /** Codes of the languages, such as `en`. */
  language?: string | readonly string[]
  /** The hub's name of the licence, such as `apache-2.0`. */
  license?: string
  /** The hub's id of the model that training began with. Default: what it was loaded from, if that is in the hub's cache. */
  baseModel?: string
}

/** All that a model card is written from. */
export interface CardFacts {
  /** What the model is called. */
  name: string
  record: RunRecord
  /** As in config.json, e.g. `bert`. */
  modelType: string
  /** As in transformers, e.g. `BertForSequenceClassification`. */
  className: string
  /** Of a model for text or tokens, in the order of their ids. */
  labels: readonly string[]
  /** What training began with, if that was said. */
  start?: string
  /** Names of the data's files, without folders. */
  trainingData?: string
  evaluationData?: string
  /** Of a model that pools the windows of long texts. */
  longTexts?: WindowOptions
  /** Settings that are not as they would be if nothing were said, and the ones that every reader asks for. */
  settings: Readonly<Record<string, SettingValue>>
  /** Whether the weights are those of the best evaluation, and by which metric. */
  bestBy?: string
  /** Whether data and settings were looked over before the run. */
  diagnosed: boolean
  told: CardOptions
}
