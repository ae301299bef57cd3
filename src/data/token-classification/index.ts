// What runs anywhere; readers of files stand in node.ts.
export type { ConllOptions } from './conll-reader.ts'
export { type DetectedScheme, detectScheme, schemeOfLabels } from './detect-scheme.ts'
export { areEntityTags } from './tag.ts'
export { convertTags, type EntitySpan, readEntities, type TagScheme, tagSchemes, writeTags } from './tag-scheme.ts'
export type { TokenColumnOptions, TokenExample } from './token-example.ts'
