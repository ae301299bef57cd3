/**
 * What the benchmark's driver and its sides say to each other. Each side is a process of its own that reads one JSON
 * object a line from standard input and answers each with one on standard output; the first is the set-up.
 */
import type { LoraConfig } from '../src/models/lora.ts'
import type { ProfileEvent } from '../src/runtime/backend.ts'
import type { Product } from './products.ts'

/** Sizes of BERT under the names of config.json, which both sides read. */
export interface ModelSizes {
  vocab_size: number
  hidden_size: number
  num_hidden_layers: number
  num_attention_heads: number
  intermediate_size: number
}

/** What the model is trained for. */
export type BenchTask = 'sequence-classification' | 'masked-lm'

/** The first line to a side that trains. */
export interface StepSetup {
  task: BenchTask
  config: ModelSizes
  threads: number
  /** PyTorch's side alone: bf16 runs the forward pass under autocast. */
  precision?: 'fp32' | 'bf16'
  /** bertsmith's side alone, as the next: collect what the request `profile` reports. */
  profile?: boolean
  /** Patterns of parameters that are not trained. */
  freeze?: readonly string[]
  /** Compute layers again in the backward pass. */
  recompute?: boolean
  /** Train adapters in place of the weights. */
  lora?: Partial<LoraConfig>
}

/** The answer to a set-up, or why the side cannot run here. */
export type StepReady =
  | { versions: Record<string, string>; threads: number; parameters: number; trained?: number }
  | Missing

/** A side whose libraries are not installed. */
export interface Missing {
  /** Continues "the interpreter", e.g. `has no module torch`. */
  missing: string
}

/** Sequences without padding, special tokens included. */
export interface StepBatch {
  /** B lists of token ids */
  ids: number[][]
  /** One class a sequence; or lists like `ids`, with -100 where nothing is to be predicted. */
  labels: number[] | number[][]
}

export interface StepAnswer {
  seconds: number
  loss: number
  /** Largest resident memory of the process so far. */
  peakBytes: number
  /** Resident memory now; bertsmith's side alone. */
  residentBytes?: number
}

/** What a profiled process of bertsmith answers to `{"profile": true}`. */
export interface ProfileAnswer {
  /** Of all steps since the start, in the order they ran. */
  events: ProfileEvent[]
}

/** Asks for the time of one matrix product, alone in a graph. */
export interface ProductRequest {
  product: Product
  /** Products that are timed; one before them is not. */
  repeats: number
  /** Stop after so many seconds, but not before one product was timed. */
  budgetSeconds: number
}

export interface ProductAnswer {
  /** Seconds of each call, by the wall clock. */
  seconds: number[]
  /** Seconds that the engine spent in the product itself, where it can tell. */
  kernelSeconds?: number[]
}
