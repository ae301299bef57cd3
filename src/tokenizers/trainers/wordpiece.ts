import { BertTokenizer, bertSpecialTokens } from '../bert-tokenizer.ts'
import { createNormalizer } from '../normalizers/index.ts'
import { createPreTokenizer } from '../pre-tokenizers/index.ts'
import type { SpecialTokens } from '../tokenizer.ts'
import { learnMerges } from './learn-merges.ts'
import type { TokenizerTrainerOptions } from './training-run.ts'
import { checkCount, checkSpecialTokens, countWords, createTrainingRun } from './training-run.ts'
import { bertChunkEnd, WordCounter } from './word-counter.ts'

/** How to train a WordPiece vocabulary. Special tokens: `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]`, `[MASK]` by default and at least. */
export interface WordPieceTrainerOptions extends TokenizerTrainerOptions {
  /** Tokens, special tokens included; fewer if the texts do not have more. Default 30522. */
  vocabSize?: number
  /** Pieces that come less often are not made. Default 2, as Hugging Face's BertWordPieceTokenizer. */
  minFrequency?: number
  /** Keep so many different characters, the most frequent ones. Default 1000. */
  limitAlphabet?: number
  /** Characters that are kept before all others, whether they come in the texts or not. Default none. */
  initialAlphabet?: Iterable<string>
  /** Default true. */
  lowercase?: boolean
  /** Default null: as `lowercase`. */
  stripAccents?: boolean | null
  /** Make each Han ideograph a word. Default true. */
  handleChineseChars?: boolean
}

/**
 * Learns a WordPiece vocabulary from texts: starts from characters and merges the most frequent neighbours until the
 * vocabulary is full. The same texts and settings always give the same vocabulary. The texts are read once, one by one; only
 * the counts of their words are kept.
 *
 * Matches huggingface/tokenizers `WordPieceTrainer` but for ties that upstream breaks at random: see `learnMerges`.
 *
 * @throws TokenizerError `SETTING`, `MISSING_SPECIAL_TOKEN`, `EMPTY_CORPUS`, or `VOCAB_SIZE` if special tokens and characters
 *   do not fit; the reason of `signal` once it aborts
 */
export async function trainWordPiece(
  texts: Iterable<string> | AsyncIterable<string>,
  options: WordPieceTrainerOptions = {},
): Promise<BertTokenizer> {
  const { vocabSize = 30522, minFrequency = 2, limitAlphabet = 1000, initialAlphabet = [] } = options
  const { lowercase = true, stripAccents = null, handleChineseChars = true, maxLength, maxWords = 4_000_000 } = options
  const { specialTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] } = options
  checkCount('vocabSize', vocabSize, 1)
  checkCount('minFrequency', minFrequency, 0)
  checkCount('limitAlphabet', limitAlphabet, 0)
  checkCount('maxWords', maxWords, 2)
  checkSpecialTokens(specialTokens, Object.values<string>(bertSpecialTokens satisfies SpecialTokens))
  const run = createTrainingRun(options)

  const counter = new WordCounter({
    chunkEnd: bertChunkEnd,
    normalizer: createNormalizer({
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: handleChineseChars,
      strip_accents: stripAccents,
      lowercase,
    }),
    preTokenizer: createPreTokenizer({ type: 'BertPreTokenizer' }),
    maxWords,
  })
  const words = await countWords(texts, counter, run)
  const { tokens } = await learnMerges(
    words,
    {
      vocabSize,
      minFrequency,
      limitAlphabet,
      initialAlphabet,
      specialTokens,
      prefix: '##',
      advice: ' or a smaller limitAlphabet',
    },
    run,
  )
  return new BertTokenizer({
    vocab: tokens,
    lowercase,
    stripAccents,
    handleChineseChars,
    maxLength,
    addedTokens: specialTokens.map((content, id) => ({
      content,
      id,
      special: true,
      normalized: false,
      singleWord: false,
      lstrip: false,
      rstrip: false,
    })),
  })
}
