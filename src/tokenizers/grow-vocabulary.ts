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
  /** Tokens a word of the texts, signs counted as words, before and after. */
  tokensPerWord: { before: number; after: number }
}

/**
 * Takes a domain's frequent words into a vocabulary: those that are cut into two pieces or more and save the most tokens,
 * count x (pieces - 1), of equals the one that sorts first by UTF-16 units. Words are counted as the tokenizer normalises and
 * splits texts; a new one is made of letters and digits, with one letter at least, and has no unknown character. It stands at
 * the end of the vocabulary like any other, so words that begin with it are cut behind it from then on, and can become unknown
 * by it where the vocabulary lacks single characters, which trained ones have; all else keeps its ids. The texts are read once;
 * only the counts of their words are kept.
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
  const { normalizer, preTokenizer } = tokenizer.definition
  const counter = new WordCounter({
    chunkEnd: bertChunkEnd,
    normalizer: createNormalizer(normalizer!),
    preTokenizer: createPreTokenizer(preTokenizer!),
    maxWords,
  })
  const { words, counts } = await countWords(texts, counter, createTrainingRun(run))
  // [UNK] is one of them. Others are found before words are, so that a word with one in it would never be met.
  const notPieces = new Set(tokenizer.addedTokens.map(({ id }) => id))
  const candidates: Omit<AddedWord, 'id'>[] = []
  words.forEach((word, w) => {
    if (counts[w] < minFrequency || !isWord(word)) return
    const pieces = idsOf(tokenizer, word)
    if (pieces.length < 2 || pieces.some((id) => notPieces.has(id))) return
    candidates.push({ word, pieces, count: counts[w] })
  })
  const saved = ({ count, pieces }: Omit<AddedWord, 'id'>) => count * (pieces.length - 1)
  // Words come sorted, and sorting keeps the order of equals.
  const chosen = candidates.sort((a, b) => saved(b) - saved(a)).slice(0, most)
  const added = chosen.map((each, i) => ({ ...each, id: tokenizer.vocabSize + i }))
  const grown = added.length === 0 ? tokenizer : withWords(tokenizer, added)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const tokensPerWord = (of: BertTokenizer) =>
    words.reduce((sum, word, w) => sum + counts[w] * idsOf(of, word).length, 0) / total
  return { tokenizer: grown, added, tokensPerWord: { before: tokensPerWord(tokenizer), after: tokensPerWord(grown) } }
}

const idsOf = (tokenizer: BertTokenizer, word: string) => tokenizer.encode(word, { addSpecialTokens: false }).ids

const isWord = (word: string): boolean => /^[\p{L}\p{M}\p{N}]+$/u.test(word) && /\p{L}/u.test(word)

function withWords(tokenizer: BertTokenizer, added: readonly AddedWord[]): BertTokenizer {
  const { model, cleanUp } = tokenizer.definition
  return new BertTokenizer({
    vocab: new Map([...model.vocab, ...added.map(({ word, id }) => [word, id] as const)]),
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
    cleanUp,
    maxInputCharsPerWord: tokenizer.maxInputCharsPerWord,
    continuingSubwordPrefix: tokenizer.continuingSubwordPrefix,
  })
}
