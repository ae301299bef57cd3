/** The public API of bertsmith in Node. */
export type { StoredDType } from './checkpoints/dtypes.ts'
export {
  AutoModel,
  AutoModelForMaskedLM,
  AutoModelForMultipleChoice,
  AutoModelForNextSentencePrediction,
  AutoModelForQuestionAnswering,
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
  createModel,
  growEmbeddings,
  type LoadModelOptions,
  loadModel,
  mergeLora,
  type NewToken,
  openWeights,
  saveAdapter,
  savePretrained,
  type WeightFiles,
} from './checkpoints/node.ts'
export type { StoredTensor } from './checkpoints/safetensors.ts'
export * from './core/errors.ts'
export type { Logger } from './core/logger.ts'
export { type RandomStream, randomStream } from './core/random.ts'
export type { FileColumn } from './data/doctor/context.ts'
export type { Finding, FindingExample, Severity } from './data/doctor/finding.ts'
export * from './data/index.ts'
export type { MaskableItem, Masking } from './data/mask-batch.ts'
export type { MaskedTextItem } from './data/mask-texts.ts'
export type { MaskableSequence, MaskedSequence, MaskingShares, SpanMaskingOptions } from './data/masking.ts'
export {
  type MultiLabelReadOptions,
  readAllMultiLabelExamples,
  readMultiLabelExamples,
} from './data/multi-label/node.ts'
export { type ChoiceReadOptions, readAllChoiceExamples, readChoiceExamples } from './data/multiple-choice/node.ts'
export { type ExampleFormat, type ReadOptions, readAllExamples, readExamples, readTexts } from './data/node.ts'
export type { TextLayout } from './data/pretraining/index.ts'
export type { CorpusFormat, CorpusOptions } from './data/pretraining/node.ts'
export {
  type QuestionFileOptions,
  type QuestionFormat,
  readAllQuestionExamples,
  readQuestionExamples,
} from './data/question-answering/node.ts'
export {
  readAllTokenExamples,
  readTokenExamples,
  type TokenFormat,
  type TokenReadOptions,
} from './data/token-classification/node.ts'
export type { DType } from './graph/graph.ts'
export type { EncoderConfig, ParameterSpec, ProblemType } from './models/architecture.ts'
export type { ModelBatch } from './models/batch-inputs.ts'
export { type BertConfig, type BertSettings, type BertSize, bertConfig, bertSizes } from './models/bert-config.ts'
export { type ElectraConfig, electraConfig, generatorConfig } from './models/electra-config.ts'
export type { ModelDefinition } from './models/graphs.ts'
export { replacedTokenDetection } from './models/heads/replaced-token-detection.ts'
export type { LongTextSettings, LongTexts, WindowPooling } from './models/long-texts.ts'
export type { LoraConfig } from './models/lora.ts'
export type { LossOptions } from './models/loss-options.ts'
export { EncoderModel, type ForwardOptions, type ModelOptions, type ModelOutput } from './models/model.ts'
export {
  type ArchitectureSummary,
  formatSummary,
  type MemoryEstimate,
  type SummaryBlock,
  summarizeModel,
} from './models/summary.ts'
export type {
  CompileOptions,
  GradientOptions,
  GradientResult,
  OptimizerState,
  Restriction,
  StepOptions,
  TrainingSession,
  TrainingStep,
} from './models/training-session.ts'
export type { TransformerConfig } from './models/transformer-encoder.ts'
export {
  type FeatureExtractionOptions,
  type FeatureExtractionPipeline,
  type FeatureExtractionPipelineOptions,
  featureExtractionPipeline,
  type WholeTextEncoder,
} from './pipelines/feature-extraction.ts'
export {
  type Fill,
  type FillMaskOptions,
  type FillMaskPipeline,
  type FillMaskPipelineOptions,
  type Fills,
  fillMaskPipeline,
  type MaskTokenizer,
} from './pipelines/fill-mask.ts'
export {
  type MultiLabelClassification,
  type MultiLabelClassificationPipeline,
  type MultiLabelPipelineOptions,
  multiLabelClassificationPipeline,
  type ScoredLabel,
} from './pipelines/multi-label-classification.ts'
export {
  type ChoicePipelineModel,
  type ChosenAnswer,
  type MultipleChoicePipeline,
  multipleChoicePipeline,
} from './pipelines/multiple-choice.ts'
export { type NextSentence, type NextSentencePipeline, nextSentencePipeline } from './pipelines/next-sentence.ts'
export {
  type FeaturePipelineOptions,
  type PipelineOptions,
  pipeline,
  type QuestionPipelineOptions,
  type TokenPipelineOptions,
} from './pipelines/node.ts'
export {
  type AnswerPipelineModel,
  type AnswerQuestionsOptions,
  type QuestionAnswer,
  type QuestionAnsweringInput,
  type QuestionAnsweringPipeline,
  questionAnsweringPipeline,
} from './pipelines/question-answering.ts'
export { type RegressionPipeline, type RegressionValue, regressionPipeline } from './pipelines/regression.ts'
export {
  type TextClassification,
  type TextClassificationPipeline,
  textClassificationPipeline,
} from './pipelines/text-classification.ts'
export type {
  JudgedText,
  TextInput as ClassificationInput, // tokenizers have a TextInput too: a text, or its words
  TextPipeline,
  TextPipelineOptions,
} from './pipelines/text-pipeline.ts'
export {
  type TokenClassification,
  type TokenClassificationInput,
  type TokenClassificationPipeline,
  type TokenClassificationPipelineOptions,
  type TokenPipelineModel,
  tokenClassificationPipeline,
} from './pipelines/token-classification.ts'
export type { TokenPooling } from './pipelines/token-pooling.ts'
export type { FloatTensor, ProfileEvent, Tensor, TensorData } from './runtime/backend.ts'
export type { EngineOptions } from './runtime/engine.ts'
export type { FactoredSettings } from './runtime/factored-update.ts'
export type {
  ElementwiseOptimizer,
  FactoredOptimizer,
  LayerwiseUpdate,
  Optimizer,
  OptimizerBase,
} from './runtime/optimizer.ts'
export type { ParameterShape } from './runtime/parameter-layout.ts'
export type { ComponentSettings } from './tokenizers/files/families.ts'
export type { NamedTokens, TokenEntry, TokenizerSettings, TokenRole } from './tokenizers/files/tokenizer-config.ts'
export * from './tokenizers/index.ts'
export { AutoTokenizer, type HubOptions, loadTokenizer, saveTokenizer } from './tokenizers/node.ts'
export type { PatternConfig } from './tokenizers/patterns/pattern.ts'
export type { SplitBehavior } from './tokenizers/pre-tokenizers/delimiters.ts'
export type { MetaspaceConfig } from './tokenizers/pre-tokenizers/metaspace.ts'
export { exactMatch, normalizeAnswer, type SquadRules, wordF1 } from './training/answer-text.ts'
export { type BinaryThreshold, findBinaryThreshold, type ThresholdGoal } from './training/binary-threshold.ts'
export { type BootstrapOptions, bootstrapMetrics, type Interval, type MetricInterval } from './training/bootstrap.ts'
export {
  type Calibration,
  calibration,
  fitTemperature,
  type ReliabilityBin,
  type ScoredExamples,
} from './training/calibration.ts'
export { bootstrapChoices, type ChoiceResult, choiceMetrics } from './training/choice-metrics.ts'
export type { ComputeMetrics } from './training/compute-metrics.ts'
export type { CourseSettings } from './training/course-settings.ts'
export { checkNames, type DiagnoseOptions, type Diagnosis, diagnose } from './training/doctor/diagnose.ts'
export type { EncoderStart } from './training/doctor/settings-context.ts'
export { createWatch, type Watch } from './training/doctor/watch.ts'
export type { WatchContext, WatchedEvent } from './training/doctor/watch-context.ts'
export {
  bootstrapEntityMetrics,
  computeEntityMetrics,
  type EntityMetrics,
  type EntityScores,
  entityMetrics,
  type TaggingResult,
} from './training/entity-metrics.ts'
export { type EvaluateModelOptions, evaluateModel } from './training/evaluate.ts'
export type { EvaluationItems } from './training/evaluation-sets.ts'
export type { ExampleScorer } from './training/example-scorer.ts'
export type { UnfreezingState } from './training/gradual-unfreezing.ts'
export type { LossSettings } from './training/loss-settings.ts'
export {
  type ClassificationMetrics,
  type ClassificationResult,
  type ClassScores,
  type ConfusionMatrix,
  classificationMetrics,
  type Scores,
} from './training/metrics.ts'
export { computeClassificationMetrics } from './training/metrics-registry.ts'
export type { MicroBatchState } from './training/micro-batches.ts'
export {
  bootstrapMultiLabel,
  type MultiLabelResult,
  multiLabelMetrics,
  multiLabelScores,
} from './training/multi-label-metrics.ts'
export {
  bestThresholds,
  type LabelThreshold,
  type MultiLabelThresholds,
  type ScoredLabels,
} from './training/multi-label-thresholds.ts'
export {
  type FinetuneClassifierOptions,
  type FinetuneOptions,
  type FinetuneResult,
  finetune,
  finetuneClassifier,
} from './training/node/finetune.ts'
export type { FinetuneProgress, PausePlace } from './training/node/finetune-options.ts'
export {
  HELD_OUT,
  type PretrainOptions,
  type PretrainPhase,
  type PretrainProgress,
  type PretrainResult,
  pretrain,
} from './training/node/pretrain.ts'
export { search } from './training/node/search.ts'
export type {
  RunTrial,
  SearchEvent,
  SearchOptions,
  SearchResult,
  TrialJob,
  TrialOutcome,
} from './training/node/search-options.ts'
export { type FinetuneTrialsOptions, finetuneTrials } from './training/node/search-trials.ts'
export {
  FolderCheckpoints,
  type FolderCheckpointsOptions,
  jsonLinesLogger,
  tensorBoardLogger,
} from './training/node.ts'
export { Adafactor, type AdafactorOptions } from './training/optimizers/adafactor.ts'
export { Adagrad, type AdagradOptions } from './training/optimizers/adagrad.ts'
export { Adam, type AdamOptions } from './training/optimizers/adam.ts'
export { AdamW, type AdamWOptions } from './training/optimizers/adamw.ts'
export { Lamb, type LambOptions } from './training/optimizers/lamb.ts'
export type { OptimizerName } from './training/optimizers/registry.ts'
export { Sgd, type SgdOptions } from './training/optimizers/sgd.ts'
export { type PairedDifference, type PairedTestOptions, pairedTests } from './training/paired-tests.ts'
export type { ParameterSettings } from './training/parameter-settings.ts'
export type { PlateauState } from './training/plateau.ts'
export { bootstrapRegression, type RegressionResult, regressionMetrics } from './training/regression-metrics.ts'
export type { CardOptions } from './training/report/card-facts.ts'
export type { LoggerName, ReportSettings } from './training/report-settings.ts'
export type {
  ClassRow,
  ConfusionTable,
  DataSummary,
  FillIn,
  HistoryRow,
  ModelSummary,
  ReportedMetric,
  RunRecord,
  RunTiming,
  ScatterPoint,
  SettingValue,
  TextMark,
  WrongExample,
} from './training/run-record.ts'
export { type ScheduleName, type ScheduleOptions, scheduleFactor } from './training/schedule.ts'
export type { RampShape, ScheduleSettings } from './training/schedule-settings.ts'
export {
  expectedWork,
  type HalvingSettings,
  lostTrials,
  type NextJob,
  nextJob,
  type RungTrial,
  rankTrials,
  rungsUpTo,
  type TrialStatus,
} from './training/search/asha.ts'
export type {
  Rungs,
  SearchDescription,
  SearchRecord,
  SearchTrial,
  TrialEvaluation,
} from './training/search/search-record.ts'
export type {
  SearchDimension,
  SearchMethod,
  SearchRange,
  SearchSpace,
  TrialSettings,
} from './training/search/space.ts'
export { suggestTrials } from './training/search/suggest.ts'
export { lengthBuckets, type SliceMetrics, sliceMetrics } from './training/slices.ts'
export {
  type BestThreshold,
  bootstrapSquadMetrics,
  computeSquadMetrics,
  type SquadMetrics,
  type SquadResult,
  type SquadScores,
  squadMetrics,
} from './training/squad-metrics.ts'
export {
  defineTask,
  type EncodeContext,
  type FinetuneTask,
  type LabelledModel,
  type TaskPredictions,
  type TaskReport,
} from './training/tasks/finetune-task.ts'
export type { Threshold } from './training/tasks/label-thresholds.ts'
export {
  type MaskedLmOptions,
  type MaskedLmPredictions,
  type MaskedLmTask,
  maskedLmTask,
} from './training/tasks/masked-lm.ts'
export {
  type MultiLabelOptions,
  type MultiLabelPredictions,
  type MultiLabelTask,
  multiLabelClassification,
  multiLabelClassificationTask,
  predictLabels,
} from './training/tasks/multi-label-classification.ts'
export { type ChoicePredictions, multipleChoice, predictChoices } from './training/tasks/multiple-choice.ts'
export { nextSentence } from './training/tasks/next-sentence.ts'
export { argmaxRows, classificationLogits, type PredictOptions, softmaxRows } from './training/tasks/predict.ts'
export {
  type AnsweredQuestion,
  type AnswerModel,
  type AnswerPredictions,
  type PredictAnswersOptions,
  predictAnswers,
} from './training/tasks/predict-answers.ts'
export { type ChoiceModel, choiceProbabilities } from './training/tasks/predict-choices.ts'
export {
  type PredictTokensOptions,
  predictTokens,
  type TaggedSentence,
  type TagOptions,
  type TokenClassifier,
  type TokenPredictions,
} from './training/tasks/predict-tokens.ts'
export {
  type QuestionAnsweringOptions,
  type QuestionAnsweringTask,
  questionAnswering,
  questionAnsweringTask,
} from './training/tasks/question-answering.ts'
export { predictValues, type RegressionPredictions, regression } from './training/tasks/regression.ts'
export {
  type ClassificationPredictions,
  type ClassificationTask,
  predictClassification,
  textClassification,
} from './training/tasks/text-classification.ts'
export {
  type TokenClassificationOptions,
  type TokenClassificationTask,
  tokenClassification,
  tokenClassificationTask,
} from './training/tasks/token-classification.ts'
export {
  applyTemperature,
  type LogitExamples,
  type TemperatureFit,
  type TemperedScores,
  temperatureFit,
} from './training/temperature.ts'
export {
  type CheckpointStore,
  type EndReason,
  type EvaluateOptions,
  type RunControl,
  Trainer,
  type TrainerCallback,
  type TrainerEvent,
  type TrainerOptions,
  type TrainingTask,
  type TrainResult,
} from './training/trainer.ts'
export type { LogEntry, TrainerState, TrainingTotals } from './training/trainer-state.ts'
export type { Strategy as IntervalStrategy, TrainingArguments } from './training/training-arguments.ts'
export type { BatchMaker, TrainingPhase } from './training/training-steps.ts'
