/** The data sets of the comparison: where they are, what is held out, and how a small model is trained on each. */
import type { TaskValues } from '../../src/cli/tasks/task-flags.ts'

/** How much of a data set is used, and how. */
export interface SetSettings {
  /** Training examples, drawn at random, the same for every seed; all if there are fewer. */
  examples: number
  /** Examples that are evaluated, drawn likewise. */
  evalExamples: number
  epochs: number
  batchSize: number
  learningRate: number
  /** Longest sequence in tokens; the model's limit if that is less. */
  maxLength: number
}

export interface DataSet {
  title: string
  /** As in `--task`. */
  task: string
  /** In the data folder. */
  train: string
  /** In the data folder; absent: a part of `train` is held out, by class or by article. */
  eval?: string
  /** Share that is held out. */
  evalShare?: number
  /** What the reader needs to know. */
  read: TaskValues
  /** What is compared, the headline first. */
  metrics: readonly string[]
  settings: SetSettings
}

/** Of all sets. */
export const warmupShare = 0.1
export const weightDecay = 0.01
export const maxGradNorm = 1

export const dataSets = {
  sst2: {
    title: 'SST-2',
    task: 'text-classification',
    train: 'sst2/train.tsv',
    eval: 'sst2/test.tsv',
    read: { textColumn: '0', labelColumn: '1' },
    metrics: ['accuracy'],
    settings: { examples: 6920, evalExamples: 2000, epochs: 1, batchSize: 32, learningRate: 3e-4, maxLength: 128 },
  },
  agnews: {
    title: 'AG News',
    task: 'text-classification',
    train: 'agnews/test.csv',
    evalShare: 0.2,
    read: { textColumn: '1', textPairColumn: '2', labelColumn: '0' },
    metrics: ['accuracy'],
    settings: { examples: 2000, evalExamples: 2000, epochs: 1, batchSize: 32, learningRate: 3e-4, maxLength: 128 },
  },
  stsb: {
    title: 'STS-B',
    task: 'regression',
    train: 'stsb/stsb-en-train.csv',
    eval: 'stsb/stsb-en-test.csv',
    read: { textColumn: '0', textPairColumn: '1', labelColumn: '2' },
    metrics: ['spearman', 'pearson'],
    settings: { examples: 3500, evalExamples: 2000, epochs: 1, batchSize: 32, learningRate: 3e-4, maxLength: 128 },
  },
  wnut17: {
    title: 'WNUT-17',
    task: 'token-classification',
    train: 'wnut17/train.conll',
    eval: 'wnut17/test.conll',
    read: {},
    metrics: ['f1', 'precision', 'recall'],
    settings: { examples: 2500, evalExamples: 2000, epochs: 2, batchSize: 16, learningRate: 5e-4, maxLength: 128 },
  },
  xquad: {
    title: 'XQuAD-en',
    task: 'question-answering',
    train: 'xquad/xquad.en.json',
    evalShare: 0.2,
    read: {},
    metrics: ['f1', 'exact'],
    settings: { examples: 700, evalExamples: 2000, epochs: 1, batchSize: 16, learningRate: 3e-4, maxLength: 384 },
  },
} as const satisfies Record<string, DataSet>

export type DataSetName = keyof typeof dataSets
export const dataSetNames = Object.keys(dataSets) as DataSetName[]
