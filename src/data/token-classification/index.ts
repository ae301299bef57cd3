// What runs anywhere; readers of files stand in node.ts.
export type { ConllOptions } from './conll-reader.ts'
export { type DetectedScheme, detectScheme, firstBrokenTag, schemeOfLabels } from './detect-scheme.ts'
export {
  type EncodedTokens,
  type EncodeTokensOptions,
  encodeTokens,
  type TokenItem,
  type TokenSentence,
  type WordEncodeOptions,
  type WordEncoder,
  type WordEncoding,
} from './encode-tokens.ts'
export { type ScoredEntity, scoreEntities } from './scored-entities.ts'
export { areEntityTags, OUTSIDE } from './tag.ts'
export { createTagDecoder, type TagDecoder } from './tag-decoder.ts'
export { collectTagLabels, tagIds } from './tag-labels.ts'
export { convertTags, type EntitySpan, readEntities, type TagScheme, tagSchemes, writeTags } from './tag-scheme.ts'
export { describeWord, type TokenColumnOptions, type TokenExample } from './token-example.ts'
export { bestSequence, type TagTransitions, tagTransitions } from './viterbi.ts'
