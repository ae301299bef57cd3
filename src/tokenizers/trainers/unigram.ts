import { TokenizerError } from '../../core/errors.ts'
import type { NormalizerConfig } from '../normalizers/index.ts'
import { createNormalizer } from '../normalizers/index.ts'
import { createPreTokenizer } from '../pre-tokenizers/index.ts'
import { Tokenizer } from '../tokenizer.ts'
import { createVocabulary } from '../vocabulary.ts'
import { learnUnigram } from './learn-unigram.ts'
import { specialTokenFamilies, toAddedTokens } from './special-tokens.ts'
import type { TokenizerTrainerOptions } from './training-run.ts'
import { checkCount, checkSpecialTokens, countWords, createTrainingRun } from './training-run.ts'
import { spacedChunkEnd, WordCounter } from './word-counter.ts'

/** How to train a Unigram vocabulary. Special tokens: those of the family by default and at least. */
export interface UnigramTrainerOptions extends TokenizerTrainerOptions {
  /**
   * What the tokenizer puts around texts: `<s> A </s> </s> B </s>` with `<pad>`, `<unk>` and `<mask>` (`xlm-roberta`, the
   * default), or `[CLS] A [SEP] B [SEP]` with `<pad>`, `<unk>` and `[MASK]` (`albert`).
   */
  family?: 'xlm-roberta' | 'albert'
  /** Tokens, special tokens included; fewer if the texts do not have more. Default 30000. */
  vocabSize?: number
  /** Characters that are kept whether they come in the texts or not; those that come are always kept. Default none. */
  initialAlphabet?: Iterable<string>
  /** Default false. */
  lowercase?: boolean
  /** Default null: as `lowercase`. */
  stripAccents?: boolean | null
  /** Longest piece, in code points. Default 16. */
  maxPieceLength?: number
  /** Pieces to begin with. Default 1,000,000. */
  seedSize?: number
  /** Share of the pieces that is kept in each round, between 0 and 1. Default 0.75. */
  shrinkingFactor?: number
  /** Passes of expectation maximisation in each round. Default 2. */
  subIterations?: number
}

/**
 * Learns a Unigram vocabulary from texts and gives a tokenizer like those of XLM-R and ALBERT: NFKC, white space made one
 * `▁` before each word, and the most probable pieces. The same texts and settings always give the same vocabulary. The texts
 * are read once, one by one; only the counts of their words are kept.
 *
 * Matches huggingface/tokenizers `UnigramTrainer`: see `learnUnigram`.
 *
 * @throws TokenizerError `SETTING`, `MISSING_SPECIAL_TOKEN`, `EMPTY_CORPUS`, or `VOCAB_SIZE` if special tokens and characters
 *   do not fit; the reason of `signal` once it aborts
 */
export async function trainUnigram(
  texts: Iterable<string> | AsyncIterable<string>,
  options: UnigramTrainerOptions = {},
): Promise<Tokenizer> {
  const { family = 'xlm-roberta', vocabSize = 30000, initialAlphabet = [], lowercase = false } = options
  const { maxPieceLength = 16, seedSize = 1_000_000, shrinkingFactor = 0.75, subIterations = 2 } = options
  const { stripAccents = null, maxLength, maxWords = 4_000_000 } = options
  if (family !== 'xlm-roberta' && family !== 'albert') {
    throw new TokenizerError('SETTING', `family is ${JSON.stringify(family)}: expected "xlm-roberta" or "albert".`)
  }
  const roles = specialTokenFamilies[family]
  const { specialTokens = roles.order } = options
  checkCount('vocabSize', vocabSize, 1)
  checkCount('maxPieceLength', maxPieceLength, 1)
  checkCount('seedSize', seedSize, 1)
  checkCount('subIterations', subIterations, 1)
  checkCount('maxWords', maxWords, 2)
  if (!(shrinkingFactor > 0 && shrinkingFactor < 1)) {
    throw new TokenizerError('SETTING', `shrinkingFactor is ${shrinkingFactor}: expected more than 0 and less than 1.`)
  }
  checkSpecialTokens(specialTokens, roles.order)
  const run = createTrainingRun(options)

  const normalizer = normalizerConfig(lowercase, stripAccents ?? lowercase)
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true } as const
  const counter = new WordCounter({
    chunkEnd: spacedChunkEnd,
    normalizer: createNormalizer(normalizer),
    preTokenizer: createPreTokenizer(metaspace),
    maxWords,
  })
  const words = await countWords(texts, counter, run)
  const { pieces, scores } = await learnUnigram(
    words,
    { vocabSize, specialTokens, initialAlphabet, maxPieceLength, seedSize, shrinkingFactor, subIterations },
    run,
  )
  const allScores = new Float64Array(specialTokens.length + pieces.length)
  allScores.set(scores, specialTokens.length)
  return new Tokenizer({
    model: {
      type: 'Unigram',
      unk_id: specialTokens.indexOf(roles.special.unk),
      vocab: createVocabulary([...specialTokens, ...pieces]),
      scores: allScores,
      byte_fallback: false,
    },
    normalizer,
    preTokenizer: metaspace,
    postProcessor: template(family, specialTokens),
    decoder: metaspace,
    addedTokens: toAddedTokens(specialTokens, roles.special.mask),
    specialTokens: roles.special,
    modelInputNames:
      family === 'albert' ? ['input_ids', 'token_type_ids', 'attention_mask'] : ['input_ids', 'attention_mask'],
    maxLength,
  })
}

/** Control characters, compatibility forms, case and accents, then white space as sentencepiece has it. */
function normalizerConfig(lowercase: boolean, stripAccents: boolean): NormalizerConfig {
  const normalizers: NormalizerConfig[] = [{ type: 'Nmt' }]
  // NFC after it puts Hangul together again.
  if (stripAccents) normalizers.push({ type: 'NFKD' }, { type: 'StripAccents' }, { type: 'NFC' })
  else normalizers.push({ type: 'NFKC' })
  if (lowercase) normalizers.push({ type: 'Lowercase' })
  normalizers.push(
    { type: 'Strip', strip_left: true, strip_right: true },
    { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
  )
  return { type: 'Sequence', normalizers }
}

function template(family: 'xlm-roberta' | 'albert', specialTokens: readonly string[]) {
  const { cls, sep } = specialTokenFamilies[family].special
  const second = family === 'albert' ? 1 : 0
  const special = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } })
  const sequence = (id: 'A' | 'B', type_id: number) => ({ Sequence: { id, type_id } })
  const single = [special(cls, 0), sequence('A', 0), special(sep, 0)]
  const between = family === 'albert' ? [] : [special(sep, second)]
  const entry = (id: string) => ({ id, ids: [specialTokens.indexOf(id)], tokens: [id] })
  return {
    type: 'TemplateProcessing' as const,
    single,
    pair: [...single, ...between, sequence('B', second), special(sep, second)],
    special_tokens: { [cls]: entry(cls), [sep]: entry(sep) },
  }
}
