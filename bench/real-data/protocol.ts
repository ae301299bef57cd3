/** What the comparison on real data and its two sides say to each other: one line of JSON in, one out, and files between. */
import type { Missing } from '../protocol.ts'

/** An encoded example without padding, under the names of transformers' inputs. */
export interface Feature {
  input_ids: number[]
  token_type_ids: number[]
  /** A class, a number, or a tag for each token with -100 where there is none; of questions the next two instead. */
  labels?: number | number[]
  /** Places of the answer's first and last token. */
  start_positions?: number
  end_positions?: number
}

/** File names in a run's folder, beside the model and its tokenizer. */
export const featuresFile = 'features.json'
export const stepsFile = 'steps.json'

/** The content of `features.json`. */
export interface Features {
  train: Feature[]
  eval: Feature[]
}

/** The settings of a training that both sides have. */
export interface FinetuneSettings {
  learningRate: number
  batchSize: number
  /** Steps over which the rate rises from 0; then it falls to 0, both in a line. */
  warmupSteps: number
  weightDecay: number
  maxGradNorm: number
  /** Whether dropout is on, as the model's config has it. Each side draws its own masks. */
  dropout: boolean
  /** Decides the order of the examples and each side's dropout. */
  seed: number
}

/** What a side is to do: train the model in `folder` and say what it makes of the evaluation examples. */
export interface FinetuneRequest {
  /** As in `--task`. */
  task: string
  /** Holds the model, its tokenizer, `features.json` and `steps.json` (the indices of each step's examples). */
  folder: string
  settings: FinetuneSettings
  threads: number
  /** Where the logits of the evaluation examples go; absent: they are not asked for. */
  logitsFile?: string
  /** Also answer the loss of each step; padding's share of transformers' loss of answers is left out. */
  check?: boolean
}

/**
 * What a side answers. Its file of logits is float32, the rows of each evaluation example one behind the other: one row for a
 * text; one a tagged token; one a token, of start and end, for a question.
 */
export type FinetuneAnswer =
  | {
      versions: Record<string, string>
      threads: number
      parameters: number
      /** Of the training alone, from the loaded model to the trained one. */
      seconds: number
      losses?: number[]
    }
  | Missing

/** Rows of logits that an example has. */
export function rowsOf({ input_ids, labels, start_positions }: Feature): number {
  if (start_positions !== undefined) return input_ids.length
  return Array.isArray(labels) ? labels.filter((label) => label !== -100).length : 1
}
