// What runs anywhere; readers of files stand in node.ts.
export { type BatchOptions, planBatches } from './batches.ts'
export {
  type ChoiceBatch,
  type Choices,
  collateChoices,
  collateMultipleChoice,
  type MultipleChoiceBatch,
  type MultipleChoiceItem,
} from './collate-choices.ts'
export { collateTargets, multiHot, type TargetBatch, type TargetItem } from './collate-targets.ts'
export {
  type ClassificationBatch,
  type ClassificationItem,
  collateClassification,
  collateMaskedLm,
  collateSequences,
  collateTexts,
  type EncodedSequence,
  type EncodedText,
  IGNORED_LABEL,
  type MaskedLmBatch,
  type MaskedLmItem,
  type SequenceBatch,
  type TextBatch,
  windowsOf,
} from './collator.ts'
export type { ColumnOptions } from './columns.ts'
export {
  type EncodeExamplesOptions,
  encodeClassification,
  encodeExamples,
  type SequenceEncoder,
} from './encode-examples.ts'
export type { Example, ExampleSource } from './example.ts'
export { labelValues } from './label-values.ts'
export { collectLabels, labelIds } from './labels.ts'
export { type BatchContext, createLoader, DataLoader, type DataLoaderOptions, type LoaderOptions } from './loader.ts'
export { type MaskingOptions, maskTokens } from './masking.ts'
export {
  collectMultiLabels,
  labelTargets,
  type MultiLabelColumnOptions,
  type MultiLabelExample,
} from './multi-label/index.ts'
export {
  type ChoiceColumnOptions,
  type ChoiceExample,
  type ChoiceItem,
  type ChoiceQuestion,
  choiceLabels,
  choiceTexts,
  type EncodedChoices,
  encodeChoices,
} from './multiple-choice/index.ts'
export { nextSentenceIds, nextSentenceLabels } from './next-sentence.ts'
export { prefetch } from './prefetch.ts'
export {
  type Answer,
  type AnswerCandidate,
  type AnswerOptions,
  type AnswerWindow,
  type BestAnswers,
  bestAnswers,
  collateQuestions,
  type EncodedQuestions,
  type EncodeQuestionsOptions,
  encodeQuestions,
  parseSquad,
  type QuestionBatch,
  type QuestionEncoder,
  type QuestionEncoderOptions,
  type QuestionEncoding,
  type QuestionExample,
  type QuestionReadOptions,
  type QuestionSource,
} from './question-answering/index.ts'
export { type SplitOptions, stratifiedSplit } from './split.ts'
export { cutIntoWindows, type WholeEncoding, type WindowOptions } from './text-windows.ts'
export {
  areEntityTags,
  bestSequence,
  type ConllOptions,
  collectTagLabels,
  convertTags,
  createTagDecoder,
  type DetectedScheme,
  detectScheme,
  type EncodedTokens,
  type EncodeTokensOptions,
  type EntitySpan,
  encodeTokens,
  readEntities,
  type ScoredEntity,
  schemeOfLabels,
  scoreEntities,
  type TagDecoder,
  type TagScheme,
  type TagTransitions,
  type TokenColumnOptions,
  type TokenExample,
  type TokenItem,
  type TokenSentence,
  tagIds,
  tagSchemes,
  tagTransitions,
  type WordEncodeOptions,
  type WordEncoder,
  type WordEncoding,
  writeTags,
} from './token-classification/index.ts'
