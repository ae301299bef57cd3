import { createMerges } from '../models/index.ts'
import type { NormalizerConfig } from '../normalizers/index.ts'
import { createNormalizer } from '../normalizers/index.ts'
import type { PreTokenizerConfig } from '../pre-tokenizers/index.ts'
import { createPreTokenizer } from '../pre-tokenizers/index.ts'
import { Tokenizer } from '../tokenizer.ts'
import { byteCharacters } from '../unicode/byte-characters.ts'
import { createVocabulary } from '../vocabulary.ts'
import { learnMerges } from './learn-merges.ts'
import { specialTokenFamilies, toAddedTokens } from './special-tokens.ts'
import type { TokenizerTrainerOptions } from './training-run.ts'
import { checkCount, checkSpecialTokens, countWords, createTrainingRun } from './training-run.ts'
import { spacedChunkEnd, WordCounter } from './word-counter.ts'

/** How to train a byte-level BPE vocabulary. Special tokens: `<s>`, `<pad>`, `</s>`, `<unk>`, `<mask>` by default and at least. */
export interface BpeTrainerOptions extends TokenizerTrainerOptions {
  /** Tokens, special tokens and the 256 bytes included; fewer if the texts do not have more. Default 50265, as RoBERTa. */
  vocabSize?: number
  /** Pieces that come less often are not made. Default 2, as Hugging Face's ByteLevelBPETokenizer. */
  minFrequency?: number
  /** Default false. */
  lowercase?: boolean
  /** Unicode normal form of the texts. Default null: as they are. */
  normalForm?: 'NFC' | 'NFD' | 'NFKC' | 'NFKD' | null
  /** Treat the first word of a text like those after a space. Default false. */
  addPrefixSpace?: boolean
}

/**
 * Learns a byte-level BPE vocabulary from texts and gives a tokenizer like RoBERTa's: splits with GPT-2's pattern, starts
 * from bytes and merges the most frequent neighbours until the vocabulary is full. The same texts and settings always give
 * the same vocabulary. The texts are read once, one by one; only the counts of their words are kept.
 *
 * Matches huggingface/tokenizers `ByteLevelBPETokenizer.train`, whose result is defined for all inputs: ids and merges are
 * the same. (Its `train` on files counts the line breaks too; texts given one by one have none.)
 *
 * @throws TokenizerError `SETTING`, `MISSING_SPECIAL_TOKEN`, `EMPTY_CORPUS`, or `VOCAB_SIZE` if special tokens and bytes do
 *   not fit; the reason of `signal` once it aborts
 */
export async function trainBpe(
  texts: Iterable<string> | AsyncIterable<string>,
  options: BpeTrainerOptions = {},
): Promise<Tokenizer> {
  const roles = specialTokenFamilies.roberta
  const { vocabSize = 50265, minFrequency = 2, lowercase = false, normalForm = null, addPrefixSpace = false } = options
  const { specialTokens = roles.order, maxLength, maxWords = 4_000_000 } = options
  checkCount('vocabSize', vocabSize, 1)
  checkCount('minFrequency', minFrequency, 0)
  checkCount('maxWords', maxWords, 2)
  checkSpecialTokens(specialTokens, roles.order)
  const run = createTrainingRun(options)

  const normalizer = normalizerConfig(normalForm, lowercase)
  const byteLevel = {
    type: 'ByteLevel',
    add_prefix_space: addPrefixSpace,
    trim_offsets: true,
    use_regex: true,
  } as const
  const preTokenizer: PreTokenizerConfig = byteLevel
  const counter = new WordCounter({
    chunkEnd: spacedChunkEnd,
    normalizer: normalizer === null ? undefined : createNormalizer(normalizer),
    preTokenizer: createPreTokenizer(preTokenizer),
    maxWords,
  })
  const words = await countWords(texts, counter, run)
  const { tokens, merges } = await learnMerges(
    words,
    {
      vocabSize,
      minFrequency,
      limitAlphabet: Number.POSITIVE_INFINITY,
      initialAlphabet: Array.from(byteCharacters, (unit) => String.fromCharCode(unit)),
      specialTokens,
      prefix: '',
      advice: '',
    },
    run,
  )
  const vocab = createVocabulary(tokens)
  const { cls, sep } = roles.special
  return new Tokenizer({
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges: createMerges(vocab, merges),
    },
    normalizer,
    preTokenizer,
    postProcessor: {
      type: 'RobertaProcessing',
      sep: [sep, specialTokens.indexOf(sep)],
      cls: [cls, specialTokens.indexOf(cls)],
      trim_offsets: true,
      add_prefix_space: addPrefixSpace,
    },
    decoder: byteLevel,
    addedTokens: toAddedTokens(specialTokens, roles.special.mask),
    specialTokens: roles.special,
    modelInputNames: ['input_ids', 'attention_mask'],
    maxLength,
  })
}

function normalizerConfig(normalForm: BpeTrainerOptions['normalForm'], lowercase: boolean): NormalizerConfig | null {
  const normalizers: NormalizerConfig[] = []
  if (normalForm) normalizers.push({ type: normalForm })
  if (lowercase) normalizers.push({ type: 'Lowercase' })
  return normalizers.length > 1 ? { type: 'Sequence', normalizers } : (normalizers[0] ?? null)
}
