import type { Masking } from '../../data/mask-batch.ts'
import type { CorpusOptions } from '../../data/pretraining/node.ts'
import type { EncoderModel } from '../../models/model.ts'
import type { BertTokenizer } from '../../tokenizers/index.ts'
import type { CardOptions } from '../report/card-facts.ts'
import type { TrainerCallback, TrainerEvent, TrainResult } from '../trainer.ts'
import type { TrainingArguments } from '../training-arguments.ts'
import type { TrainingPhase } from '../training-steps.ts'

/** How far a part of a pre-training run is that has no training steps. */
export interface PretrainProgress {
  stage: 'read' | 'start' | 'evaluate'
  /** Bytes read, parts of the start, or examples done, and all of them. */
  done: number
  total: number
}

/** A part of a run whose examples have a length of their own. */
export interface PretrainPhase extends Omit<TrainingPhase<number>, 'items'> {
  /** Longest example in tokens. */
  maxLength: number
}

/** What to pre-train, on what, and where to. */
export interface PretrainOptions {
  /**
   * Its head decides the objective: `masked-lm` (MLM), `pretraining` (MLM and the relation of two segments),
   * `replacedTokenDetection(…)` (ELECTRA).
   */
  model: EncoderModel
  tokenizer: BertTokenizer
  /** Files and folders: txt, jsonl, parquet; see `listCorpusFiles`. */
  corpus: readonly string[]
  corpusOptions?: CorpusOptions
  /** Further files to measure perplexity on, by name, before and after: general text in domain adaptation, for example. */
  evalCorpora?: Readonly<Record<string, readonly string[]>>
  /**
   * How the tokens' vectors start: as the model has them (default), or from which tokens stand together in the training
   * documents, which leaves little of what a new model had. For new models only.
   */
  startEmbeddings?: 'model' | 'cooccurrence'
  /** For the head `pretraining`: whether the second segment is random or the two are swapped. Default `next-sentence`. */
  pairs?: 'next-sentence' | 'sentence-order'
  /** Default: single tokens, 15 %, 80 / 10 / 10. */
  masking?: Masking
  /** Longest example in tokens. Default: the smaller of the model's and the tokenizer's limit, at most 128. */
  maxLength?: number
  /**
   * In place of `maxLength`: short examples first, which are cheap, then long ones for the later positions, as in BERT's paper
   * (128 for 0.9 of the steps, then 512). One learning rate schedule spans them all; evaluations use the last one's length.
   */
  phases?: readonly PretrainPhase[]
  /** Pairs: how often the corpus is cut and paired anew. Default 1. */
  duplicates?: number
  /** Share of the documents that is held out. Default 0.02. */
  evalShare?: number
  /** Examples to judge on at most, each time. Default 512. */
  evalExamples?: number
  args?: Partial<TrainingArguments>
  /** Folder for all that the run writes. */
  output: string
  /** Folder for tokenised corpora, which later runs use again. Default: `corpus` in `output`. */
  cacheFolder?: string
  resume?: boolean
  overwrite?: boolean
  /**
   * Of a model with adapters (see `LoraConfig`): also write them to `output/adapter`, as Python's peft does. The model in `output`
   * has them merged. Default false.
   */
  saveAdapter?: boolean
  signal?: AbortSignal
  onEvent?: (event: TrainerEvent) => void
  /** As in `FinetuneOptions`. */
  callbacks?: readonly TrainerCallback[]
  onProgress?: (progress: PretrainProgress) => void
  title?: string
  /** What report and model card call the model that training begins with. */
  modelName?: string
  /** What only you know of the model, for its card. */
  card?: CardOptions
}

export interface PretrainResult {
  result: TrainResult
  /** Of the held-out documents, at the end: `perplexity`, `masked_accuracy`, …; empty if the run was aborted. */
  metrics: Record<string, number>
  /** Of held-out text before the first step, and of each of `evalCorpora` before and after. */
  comparisons: Record<string, { before: Record<string, number>; after: Record<string, number> }>
  /** Absent if the run was aborted. */
  reportPath?: string
  /** The model card. Absent if the run was aborted, or if the folder's README.md is not one that bertsmith wrote. */
  cardPath?: string
  /** Names of what stands in the output folder, for people. */
  files: string[]
  /** Tokens of the corpus, and its documents. */
  corpus: { tokens: number; documents: number; trainExamples: number; evalExamples: number }
}
