// What runs anywhere; what reads and writes files stands in node.ts.
export {
  materialise,
  type PretrainingExamples,
  type PretrainingLayout,
  type PretrainingSequence,
} from './examples.ts'
export { type FullSentencesOptions, planFullSentences } from './full-sentences.ts'
export { documentParagraphs, type Paragraph, recordParagraphs, type TextLayout, textParagraphs } from './paragraphs.ts'
export {
  createPretrainingCollator,
  type MaskingVocabulary,
  maskingVocabulary,
  type PretrainingBatch,
  type PretrainingCollatorOptions,
} from './pretraining-collator.ts'
export { planSentencePairs, type SentencePairOptions } from './sentence-pairs.ts'
export { requireEvaluationShare, type SplitDocumentsOptions, splitDocuments } from './split-documents.ts'
export {
  createMemoryTokenStore,
  documentCount,
  type MemoryTokenStoreWriter,
  type TokenStore,
  type TokenStoreWriter,
} from './token-store.ts'
export {
  type CorpusTokenizer,
  type SentenceOptions,
  type TokenizeCorpusOptions,
  type TokenizeProgress,
  tokenizeCorpus,
} from './tokenize-corpus.ts'
