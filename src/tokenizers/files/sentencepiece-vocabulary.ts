import { TokenizerError } from '../../core/errors.ts'
import type { ModelConfig } from '../models/index.ts'
import { createMerges } from '../models/index.ts'
import type { Vocabulary } from '../vocabulary.ts'
import { createVocabulary } from '../vocabulary.ts'
import type { FamilyTokens, TokenizerFamily } from './families.ts'
import type { SentencePieceModel } from './sentencepiece.ts'
import { sentencePieceMerges } from './sentencepiece.ts'
import type { TokenEntry } from './tokenizer-config.ts'
import type { VocabularyParts } from './vocabulary-parts.ts'

/**
 * The vocabulary of a sentencepiece model with the ids of its family: XLM-R and CamemBERT put fairseq's special tokens before the
 * pieces and the mask behind. Matches `XLMRobertaConverter`, `CamembertConverter`, `AlbertConverter` and `SpmConverter` of
 * transformers' convert_slow_tokenizer.py.
 *
 * @throws TokenizerError `UNSUPPORTED_TOKENIZER` for a model that is neither Unigram nor BPE
 */
export function sentencePieceParts(
  model: SentencePieceModel,
  family: TokenizerFamily,
  tokens: FamilyTokens,
  file: string,
): VocabularyParts {
  if (model.modelType !== 'unigram' && model.modelType !== 'bpe') {
    throw new TokenizerError(
      'UNSUPPORTED_TOKENIZER',
      `${file}: its model type is "${model.modelType}": only Unigram and BPE sentencepiece models are supported.`,
    )
  }
  const { pieces, unkId } = remapped(model, family, tokens)
  const vocab = createVocabulary(
    pieces.map(([piece]) => piece),
    file,
    'last',
  )
  const idOf = (token: string) => vocab.tokenToId(token)
  const named = new Set<string | undefined>(Object.values(tokens))
  const addedTokens: TokenEntry[] = []
  for (const { piece, type } of model.pieces) {
    if ((type !== 'control' && type !== 'user-defined') || named.has(piece)) continue
    addedTokens.push({ content: piece, id: idOf(piece), special: type === 'control' })
  }
  if (family.name === 'camembert') {
    for (const content of camembertUnused) addedTokens.push({ content, id: idOf(content), special: true })
  }
  return {
    model:
      model.modelType === 'unigram'
        ? {
            type: 'Unigram',
            unk_id: unkId,
            vocab,
            scores: Float64Array.from(pieces, ([, score]) => score),
            byte_fallback: false,
          }
        : bpe(model, vocab, tokens.unk, file),
    charsmap: model.precompiledCharsmap.length > 0 ? toBase64(model.precompiledCharsmap) : undefined,
    addedTokens,
  }
}

const camembertUnused = ['<s>NOTUSED', '</s>NOTUSED', '<unk>NOTUSED']

function remapped(
  model: SentencePieceModel,
  { name }: TokenizerFamily,
  { bos, eos, cls, sep, pad, unk, mask }: FamilyTokens,
): { pieces: [piece: string, score: number][]; unkId: number } {
  const pieces = model.pieces.map(({ piece, score }): [string, number] => [piece, score])
  if (name === 'xlm-roberta') {
    const first = [bos ?? cls, pad, eos ?? sep, unk].map((token): [string, number] => [token, 0])
    return { pieces: [...first, ...pieces.slice(3), [mask, 0]], unkId: 3 }
  }
  if (name === 'camembert') {
    const [start, end, unknown] = camembertUnused
    const first: [string, number][] = [
      [start, 0],
      [pad, 0],
      [end, 0],
      [unk, 0],
      [unknown, -100],
    ]
    return { pieces: [...first, ...pieces.slice(1), [mask, 0]], unkId: 3 }
  }
  if (name === 'albert') {
    // The Python tokenizer of ALBERT splits "1," anew: pieces of a digit and a comma are made all but impossible.
    return {
      pieces: pieces.map(([piece, score]) => [piece, /\p{Nd},$/u.test(piece) ? score - 100 : score]),
      unkId: model.unkId,
    }
  }
  return { pieces, unkId: model.unkId }
}

function bpe(model: SentencePieceModel, vocab: Vocabulary, unk: string, file: string): ModelConfig {
  return {
    type: 'BPE',
    dropout: null,
    unk_token: unk,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: true,
    byte_fallback: false,
    ignore_merges: false,
    vocab,
    merges: createMerges(vocab, sentencePieceMerges(model.pieces), null, file),
  }
}

function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return btoa(text)
}
