/** What a case of the benchmark reports, as it is stored. */
import type { BatchSizes } from './products.ts'
import type { ProfileSummary } from './profile.ts'
import type { Summary } from './statistics.ts'

/** The cases that run whole training steps. */
export type StepCaseName = 'dense' | 'sst2' | 'mlm-mini' | 'mlm-base'
export type CaseName = StepCaseName | 'tfjs' | 'tokenizers'
export const caseNames: readonly CaseName[] = ['dense', 'sst2', 'mlm-mini', 'mlm-base', 'tfjs', 'tokenizers']

/** Names of several cases. */
export const caseGroups: Readonly<Record<string, readonly CaseName[]>> = { mlm: ['mlm-mini', 'mlm-base'] }

/** What decides a measurement. */
export interface Settings {
  layers: number
  batchSize: number
  threads: number
  warmup: number
  rounds: number
}

/** What it was measured on. */
export interface Machine {
  cpu: string
  /** Processors this process may use. */
  processors: number
  memoryBytes: number
  platform: string
  node: string
  /** Processes that wanted to run in the minute before, which tells whether the machine was busy. */
  loadAverage: number
}

interface CommonResult {
  date: string
  /** Fewer layers or sequences than the case is defined by: a check that it runs, not a measurement. */
  quick: boolean
  machine: Machine
  settings: Settings
}

export interface SideResult {
  name: string
  versions: Record<string, string>
  threads: number
  parameters: number
  /** Loss of the first step, at random weights: guessing gives ln 2, or the logarithm of the vocabulary's size. */
  firstLoss: number
  seconds: Summary
  /** Real tokens of all rounds by their time; padding does not count. */
  tokensPerSecond: number
  peakBytes: number
}

/** How many times longer `side` takes than bertsmith, round by round. */
export interface Ratio {
  side: string
  times: Summary
}

export interface StepResult extends CommonResult {
  case: StepCaseName
  source: string
  notFound?: string
  /** The batch of each round. */
  batches: BatchSizes[]
  sides: SideResult[]
  ratios: Ratio[]
  /** Why PyTorch's side did not run. */
  missing?: string
  /** What does not look like the same work on both sides. */
  warnings: string[]
  profile: ProfileSummary
}

/** One shape of product of a layer; seconds are medians for one product. */
export interface ProductRow {
  product: string
  /** Products of this shape in a layer's forward and backward pass. */
  count: number
  operations: number
  bertsmith: number
  bertsmithOneThread: number
  /** With operands stored so that nothing has to be transposed, which suits TensorFlow.js best. */
  tfjs: number
  /** With the transposed operands that TensorFlow.js' own gradients ask for; absent where they ask for none. */
  tfjsTransposed?: number
}

export interface TfjsResult extends CommonResult {
  case: 'tfjs'
  versions: Record<string, string>
  tfjsThreads: number
  sizes: BatchSizes
  products: ProductRow[]
  /** Sums over the products of all layers. */
  total: {
    bertsmithSeconds: number
    bertsmithOneThreadSeconds: number
    tfjsSeconds: number
    tfjsTransposedSeconds: number
  }
}

/** One task that several libraries did on the same input. */
export interface ComparedTask {
  task: string
  /** How much was done, e.g. `12 tokens`. */
  amount: string
  /** bertsmith first. */
  sides: { name: string; seconds: Summary }[]
  ratios: Ratio[]
}

export interface TokenizersResult extends CommonResult {
  case: 'tokenizers'
  versions: Record<string, string>
  texts: number
  characters: number
  tasks: ComparedTask[]
  /** Of a tokenizer with `vocabSize` pieces, by kind of model. */
  memory: { vocabSize: number; bytes: Record<string, number> }
}

export type BenchResult = StepResult | TfjsResult | TokenizersResult
