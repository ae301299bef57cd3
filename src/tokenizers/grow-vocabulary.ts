import { TokenizerError } from '../core/errors.ts'
import { BertTokenizer } from './bert-tokenizer.ts'
import { createNormalizer } from './normalizers/index.ts'
import { createPreTokenizer } from './pre-tokenizers/index.ts'
import { checkCount, countWords, createTrainingRun, type TokenizerTrainerOptions } from './trainers/training-run.ts'
import { bertChunkEnd, WordCounter } from './trainers/word-counter.ts'

/** How many words to take into a vocabulary. */
export interface GrowVocabularyOptions extends Pick<TokenizerTrainerOptions, 'maxWords' | 'onProgress' | 'signal'> {
  /** At most so many words are added. */
  words: number
  /** Rarer words are not. Default 5. */
  minFrequency?: number
}

/** A word that became a token. */
export interface AddedWord {
  /** As the tokenizer normalises it. */
  word: string
  id: number
  /** The ids that stood for it before: 2 or more. */
  pieces: Int32Array
  /** How often the texts have it. */
  count: number
}

/** A vocabulary that knows more words. */
export interface GrownVocabulary {
  tokenizer: BertTokenizer
  /** Those that save the most tokens first. */
  added: AddedWord[]
  /** Tokens for each word of the texts, before and after. */
  tokensPerWord: { before: number; after: number }
}

/**
 * Takes a domain's frequent words into a vocabulary: those that are cut into two pieces or more and save the most tokens, of
 * equals the one that sorts first. Words are made of letters and digits, with one letter at least; words with unknown
 * characters stay unknown. All other words keep their ids. The texts are read once; only the counts of their words are kept.
 *
 * @throws TokenizerError `SETTING` or `EMPTY_CORPUS`; the reason of `signal` once it aborts
 */
export async function growVocabulary(
  tokenizer: BertTokenizer,
  texts: Iterable<string> | AsyncIterable<string>,
  { words: most, minFrequency = 5, maxWords = 4_000_000, ...run }: GrowVocabularyOptions,
): Promise<GrownVocabulary> {
  checkCount('words', most, 1)
  checkCount('minFrequency', minFrequency, 1)
  checkCount('maxWords', maxWords, 2)
  const { model, normalizer, preTokenizer } = tokenizer.definition
  if (model.type !== 'WordPiece')
    throw new TokenizerError('UNSUPPORTED_TOKENIZER', `a ${model.type} vocabulary cannot grow`)
  const counter = new WordCounter({
    chunkEnd: bertChunkEnd,
    normalizer: normalizer ? createNormalizer(normalizer) : undefined,
    preTokenizer: createPreTokenizer(preTokenizer!),
    maxWords,
  })
  const { words, counts } = await countWords(texts, counter, createTrainingRun(run))

  const candidates: Omit<AddedWord, 'id'>[] = []
  let allWords = 0
  let tokens = 0
  words.forEach((word, w) => {
    const pieces = tokenizer.encode(word, { addSpecialTokens: false }).ids
    const count = counts[w]
    allWords += count
    tokens += count * pieces.length
    if (count < minFrequency || pieces.length < 2 || pieces.includes(tokenizer.unkId)) return
    if (/^[\p{L}\p{M}\p{N}]+$/u.test(word) && /\p{L}/u.test(word)) candidates.push({ word, pieces, count })
  })
  const saved = ({ count, pieces }: Omit<AddedWord, 'id'>) => count * (pieces.length - 1)
  // Words come sorted, and sorting keeps the order of equals.
  const chosen = candidates.sort((a, b) => saved(b) - saved(a)).slice(0, most)
  const added = chosen.map((each, i) => ({ ...each, id: tokenizer.vocabSize + i }))
  const after = tokens - added.reduce((sum, each) => sum + saved(each), 0)
  return {
    tokenizer: added.length === 0 ? tokenizer : withWords(tokenizer, added),
    added,
    tokensPerWord: { before: tokens / allWords, after: after / allWords },
  }
}

function withWords(tokenizer: BertTokenizer, added: readonly AddedWord[]): BertTokenizer {
  const vocab = new Map<string, number>()
  tokenizer.vocab.forEach((token, id) => {
    if (token !== undefined) vocab.set(token, id)
  })
  for (const { word, id } of added) vocab.set(word, id)
  const { definition } = tokenizer
  return new BertTokenizer({
    vocab,
    lowercase: tokenizer.lowercase,
    stripAccents: tokenizer.stripAccents,
    handleChineseChars: tokenizer.handleChineseChars,
    cleanText: tokenizer.cleanText,
    specialTokens: tokenizer.specialTokens,
    addedTokens: tokenizer.addedTokens,
    maxLength: tokenizer.maxLength,
    paddingSide: tokenizer.paddingSide,
    truncationSide: tokenizer.truncationSide,
    modelInputNames: tokenizer.modelInputNames,
    cleanUp: definition.cleanUp,
    maxInputCharsPerWord: tokenizer.maxInputCharsPerWord,
    continuingSubwordPrefix: tokenizer.continuingSubwordPrefix,
  })
}
