export {
  type CorpusFile,
  type CorpusFormat,
  type CorpusOptions,
  type CorpusReadProgress,
  listCorpusFiles,
  readCorpus,
} from './node/corpus-files.ts'
export { createFileTokenStore, type FileTokenStoreWriter, openFileTokenStore } from './node/file-token-store.ts'
export { openTokenizedCorpus, type TokenizedCorpus, type TokenizedCorpusOptions } from './node/tokenized-corpus.ts'
