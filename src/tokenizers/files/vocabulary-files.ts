import { TokenizerError } from '../../core/errors.ts'
import { readModel } from '../models/index.ts'
import type { TokenizerDefinition } from '../tokenizer.ts'
import { createVocabulary, parseVocabText } from '../vocabulary.ts'
import type { FamilyTokens, TokenizerFamily } from './families.ts'
import type { TokenizerFiles } from './file-names.ts'
import type { JsonObject } from './json-fields.ts'
import { parseJsonObject } from './json-fields.ts'
import { readSentencePieceModel } from './sentencepiece.ts'
import { sentencePieceParts } from './sentencepiece-vocabulary.ts'
import type { TokenizerSettings } from './tokenizer-config.ts'
import { readComponents } from './tokenizer-json.ts'
import type { VocabularyParts } from './vocabulary-parts.ts'

/**
 * The definition of a tokenizer from the files that hold its vocabulary, and the components of its family.
 * @throws TokenizerError for a file that is missing or broken, or a vocabulary without [CLS] or [SEP]
 */
export function definitionOfVocabulary(
  files: TokenizerFiles,
  family: TokenizerFamily,
  settings: TokenizerSettings,
  tokens: FamilyTokens,
  where: string,
): TokenizerDefinition {
  const { file, parts } = readVocabulary(files, family, tokens, where)
  const required = family.vocabulary === 'wordpiece' ? (['unk', 'cls', 'sep'] as const) : (['cls', 'sep'] as const)
  for (const role of required) {
    if (parts.model.vocab.has(tokens[role])) continue
    throw new TokenizerError(
      'MISSING_SPECIAL_TOKEN',
      `${where}${file}: the vocabulary lacks ${JSON.stringify(tokens[role])}, the ${role} token of ` +
        `${family.tokenizerClass}. Add it to the vocabulary, or name the token that has this part as "${role}_token" in ` +
        'tokenizer_config.json.',
    )
  }
  const idOf = (token: string) => parts.model.vocab.tokenToId(token) as number
  const { normalizer, preTokenizer, postProcessor, decoder } = family.parts(settings, tokens, idOf, parts.charsmap)
  const root: JsonObject = {
    normalizer,
    pre_tokenizer: preTokenizer,
    post_processor: postProcessor,
    decoder,
    added_tokens: (parts.addedTokens ?? []).map((token) => ({ normalized: false, ...token })),
  }
  return { ...readComponents(root, `${where}${file}`), model: parts.model, specialTokens: tokens }
}

function readVocabulary(
  files: TokenizerFiles,
  family: TokenizerFamily,
  tokens: FamilyTokens,
  where: string,
): { file: string; parts: VocabularyParts } {
  if (family.vocabulary === 'wordpiece') {
    const text = files['vocab.txt']
    if (text === undefined) throw missing(family, where, 'vocab.txt')
    return { file: 'vocab.txt', parts: wordPieceParts(text, tokens.unk, `${where}vocab.txt`) }
  }
  if (family.vocabulary === 'byte-level-bpe') {
    const [vocab, merges] = [files['vocab.json'], files['merges.txt']]
    if (vocab === undefined || merges === undefined) throw missing(family, where, 'vocab.json and merges.txt')
    return { file: 'vocab.json', parts: byteLevelParts(vocab, merges, where) }
  }
  const names = [
    'spiece.model',
    'sentencepiece.bpe.model',
    'spm.model',
    'sentencepiece.model',
    'tokenizer.model',
  ] as const
  const file = names.find((name) => files[name] !== undefined)
  if (file === undefined) throw missing(family, where, `one of ${names.join(', ')}`)
  const model = readSentencePieceModel(files[file] as Uint8Array, `${where}${file}`)
  return { file, parts: sentencePieceParts(model, family, tokens, `${where}${file}`) }
}

function missing(family: TokenizerFamily, where: string, names: string): TokenizerError {
  return new TokenizerError(
    'TOKENIZER_MISSING',
    `${where}tokenizer.json is missing, and so is the vocabulary of a ${family.tokenizerClass}: expected ${names}. Copy the ` +
      'tokenizer files of the model into the folder.',
  )
}

function wordPieceParts(text: string, unk: string, file: string): VocabularyParts {
  const vocab = createVocabulary(parseVocabText(text), file)
  return {
    model: {
      type: 'WordPiece',
      unk_token: unk,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  }
}

function byteLevelParts(vocabText: string, mergesText: string, where: string): VocabularyParts {
  const vocab = parseJsonObject(vocabText, `${where}vocab.json`)
  const merges: [string, string][] = []
  for (const [index, line] of mergesText.split('\n').entries()) {
    const merge = line.endsWith('\r') ? line.slice(0, -1) : line
    if (merge === '' || merge.startsWith('#version')) continue
    const pair = merge.split(' ')
    if (pair.length !== 2 || pair[0] === '' || pair[1] === '') {
      throw new TokenizerError(
        'TOKENIZER_FILE',
        `${where}merges.txt, line ${index + 1}: expected two pieces with a space between, found ${JSON.stringify(merge)}.`,
      )
    }
    merges.push(pair as [string, string])
  }
  const model = {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: '',
    end_of_word_suffix: '',
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab,
    merges,
  }
  return { model: readModel(model, `${where}vocab.json`) }
}
