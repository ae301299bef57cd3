/** The names of the files that tokenizers are made of: texts, and sentencepiece models, which are bytes. */
export const tokenizerFileNames = {
  text: [
    'tokenizer.json',
    'tokenizer_config.json',
    'special_tokens_map.json',
    'added_tokens.json',
    'vocab.txt',
    'vocab.json',
    'merges.txt',
    'config.json',
  ],
  bytes: ['spiece.model', 'sentencepiece.bpe.model', 'spm.model', 'sentencepiece.model', 'tokenizer.model'],
} as const

/** Those that show that a folder holds a tokenizer; a config.json may be of a model alone. */
export const tokenizerMarks: readonly string[] = [...tokenizerFileNames.text, ...tokenizerFileNames.bytes].filter(
  (name) => name !== 'config.json',
)

type TextName = (typeof tokenizerFileNames.text)[number]
type BytesName = (typeof tokenizerFileNames.bytes)[number]

/** The content of tokenizer files by name; those that do not exist are undefined. */
export type TokenizerFiles = { [name in TextName]?: string } & { [name in BytesName]?: Uint8Array }
