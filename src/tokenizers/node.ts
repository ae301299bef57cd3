export { AutoTokenizer } from './node/auto-tokenizer.ts'
export { loadTokenizer } from './node/folder.ts'
export type { HubOptions } from './node/hub-cache.ts'
export { saveTokenizer } from './node/save.ts'
