/** The public API of bertsmith in Node. */
export {
  AutoModelForMaskedLM,
  AutoModelForSequenceClassification,
  loadModel,
  openWeights,
  savePretrained,
} from './checkpoints/node.ts'
export * from './core/errors.ts'
export type { Logger } from './core/logger.ts'
export { randomStream } from './core/random.ts'
export * from './data/index.ts'
export { type ReadOptions, readAllExamples, readExamples, readTexts } from './data/node.ts'
export type { ModelBatch } from './models/batch-inputs.ts'
export { type BertConfig, type BertSize, bertConfig, bertSizes } from './models/bert-config.ts'
export { EncoderModel, type ForwardOptions, type ModelOutput } from './models/model.ts'
export { formatSummary, summarizeModel } from './models/summary.ts'
export type { CompileOptions, TrainingSession, TrainingStep } from './models/training-session.ts'
export {
  type Fill,
  type FillMaskOptions,
  type FillMaskPipeline,
  type Fills,
  fillMaskPipeline,
} from './pipelines/fill-mask.ts'
export { type PipelineOptions, pipeline } from './pipelines/node.ts'
export {
  type TextClassification,
  type TextClassificationPipeline,
  textClassificationPipeline,
} from './pipelines/text-classification.ts'
export * from './tokenizers/index.ts'
export { AutoTokenizer, type HubOptions, loadTokenizer, saveTokenizer } from './tokenizers/node.ts'
export { bootstrapMetrics } from './training/bootstrap.ts'
export { classificationMetrics } from './training/metrics.ts'
export { computeMetrics } from './training/metrics-registry.ts'
export { type FinetuneClassifierOptions, type FinetuneResult, finetuneClassifier } from './training/node/finetune.ts'
export { FolderCheckpoints } from './training/node.ts'
export { AdamW, type AdamWOptions } from './training/optimizers/adamw.ts'
export { Lamb, type LambOptions } from './training/optimizers/lamb.ts'
export { type ScheduleName, scheduleFactor } from './training/schedule.ts'
export { predictClassification, textClassification } from './training/tasks/text-classification.ts'
export { Trainer, type TrainerEvent, type TrainerOptions, type TrainingTask } from './training/trainer.ts'
export type { TrainingArguments } from './training/training-arguments.ts'
