import { TokenizerError } from '../core/errors.ts'
import type { AddedToken } from './added-tokens.ts'
import { BertPipeline } from './bert-pipeline.ts'
import { type SpecialTokens, Tokenizer } from './tokenizer.ts'
import { createVocabulary, type Vocabulary } from './vocabulary.ts'

/** `[UNK]`, `[CLS]`, … */
export const bertSpecialTokens: Readonly<SpecialTokens> = {
  unk: '[UNK]',
  cls: '[CLS]',
  sep: '[SEP]',
  pad: '[PAD]',
  mask: '[MASK]',
}

/** Settings of a BERT tokenizer. */
export interface BertTokenizerOptions {
  /** Tokens in the order of their ids, or a map from token to id. */
  vocab: readonly string[] | ReadonlyMap<string, number> | Vocabulary
  /** Default true. */
  lowercase?: boolean
  /** Default null: as `lowercase`. */
  stripAccents?: boolean | null
  /** Make each Han ideograph a word. Default true. */
  handleChineseChars?: boolean
  /** Drop control characters. Default true. */
  cleanText?: boolean
  /** Default `[UNK]`, `[CLS]`, `[SEP]`, `[PAD]`, `[MASK]`. */
  specialTokens?: Partial<SpecialTokens>
  /** Further tokens that are found in the text as they are, and other flags for special tokens. */
  addedTokens?: readonly AddedToken[]
  /** The longest input of the model in tokens (`model_max_length`). Default: not known. */
  maxLength?: number
  /** The end that padding is put at. Default `right`. */
  paddingSide?: 'left' | 'right'
  /** The end that is cut. Default `right`. */
  truncationSide?: 'left' | 'right'
  /** What the model takes. Default: not known. */
  modelInputNames?: readonly string[]
  /** `decode` also takes out spaces before punctuation (`clean_up_tokenization_spaces`). Default false. */
  cleanUp?: boolean
  /** Longer words, counted in code points, are unknown. Default 100. */
  maxInputCharsPerWord?: number
  /** Default `##`. */
  continuingSubwordPrefix?: string
}

/**
 * The tokenizer of BERT: cleans the text, splits it at white space and punctuation, cuts words into pieces of its
 * vocabulary, and puts `[CLS] … [SEP]` around. Gives the ids, offsets and texts of Hugging Face's `BertTokenizer`.
 *
 * ```ts
 * const { ids, typeIds } = tokenizer.encode('How old are you?', { textPair: 'I am six.' })
 * ```
 */
export class BertTokenizer extends Tokenizer {
  readonly lowercase: boolean
  /** null: as `lowercase`. */
  readonly stripAccents: boolean | null
  readonly handleChineseChars: boolean
  readonly cleanText: boolean
  readonly maxInputCharsPerWord: number
  readonly continuingSubwordPrefix: string
  declare readonly specialTokens: Readonly<SpecialTokens>
  declare readonly unkId: number
  declare readonly clsId: number
  declare readonly sepId: number
  declare readonly padId: number
  declare readonly maskId: number
  readonly #vocabulary: Vocabulary

  /** @throws TokenizerError for a vocabulary with duplicates or without a special token, or a maxLength that is too small */
  constructor(options: BertTokenizerOptions) {
    const { lowercase = true, stripAccents = null, handleChineseChars = true, cleanText = true } = options
    const { maxInputCharsPerWord = 100, continuingSubwordPrefix = '##' } = options
    const vocabulary = createVocabulary(options.vocab)
    const specialTokens = { ...bertSpecialTokens, ...options.specialTokens }
    const addedTokens = withSpecialTokens(options.addedTokens ?? [], specialTokens, vocabulary)
    const idOf = requireSpecialTokens(specialTokens, addedTokens, vocabulary)
    const { cls, sep, unk } = specialTokens
    const special = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } })
    const sequence = (id: 'A' | 'B', type_id: number) => ({ Sequence: { id, type_id } })
    const single = [special(cls, 0), sequence('A', 0), special(sep, 0)]
    const named = (role: 'cls' | 'sep') => {
      const id = specialTokens[role]
      return { id, ids: [idOf[role]], tokens: [id] }
    }
    super(
      {
        model: {
          type: 'WordPiece',
          unk_token: unk,
          continuing_subword_prefix: continuingSubwordPrefix,
          max_input_chars_per_word: maxInputCharsPerWord,
          vocab: vocabulary,
        },
        normalizer: {
          type: 'BertNormalizer',
          clean_text: cleanText,
          handle_chinese_chars: handleChineseChars,
          strip_accents: stripAccents,
          lowercase,
        },
        preTokenizer: { type: 'BertPreTokenizer' },
        postProcessor: {
          type: 'TemplateProcessing',
          single,
          pair: [...single, sequence('B', 1), special(sep, 1)],
          special_tokens: { [cls]: named('cls'), [sep]: named('sep') },
        },
        decoder: { type: 'WordPiece', prefix: continuingSubwordPrefix, cleanup: true },
        addedTokens,
        specialTokens,
        maxLength: options.maxLength,
        paddingSide: options.paddingSide,
        truncationSide: options.truncationSide,
        modelInputNames: options.modelInputNames,
        cleanUp: options.cleanUp,
      },
      (model, tokens) =>
        new BertPipeline({
          model,
          addedTokens: tokens,
          normalizer: { cleanText, handleChineseChars, stripAccents: stripAccents ?? lowercase, lowercase },
        }),
    )
    this.lowercase = lowercase
    this.stripAccents = stripAccents
    this.handleChineseChars = handleChineseChars
    this.cleanText = cleanText
    this.maxInputCharsPerWord = maxInputCharsPerWord
    this.continuingSubwordPrefix = continuingSubwordPrefix
    this.#vocabulary = vocabulary
  }

  /** The tokens that words are cut into, by id, made on first use; undefined at ids that no such token has. */
  get vocab(): readonly (string | undefined)[] {
    return this.#vocabulary.tokenAt
  }
}

/** @throws TokenizerError `UNSUPPORTED_TOKENIZER` for another kind of tokenizer than BERT's @param use what needs it */
export function requireBertTokenizer(tokenizer: Tokenizer, use: string): BertTokenizer {
  if (tokenizer instanceof BertTokenizer) return tokenizer
  throw new TokenizerError(
    'UNSUPPORTED_TOKENIZER',
    `${use} needs a WordPiece tokenizer like BERT's so far, not one of the kind ${tokenizer.definition.model.type}.`,
  )
}

/** Adds the special tokens that are in the vocabulary to `added`, whose own flags win. */
function withSpecialTokens(
  added: readonly AddedToken[],
  specialTokens: SpecialTokens,
  vocabulary: Vocabulary,
): AddedToken[] {
  const given = new Set(added.map(({ id }) => id))
  const flags = { special: true, normalized: false, singleWord: false, lstrip: false, rstrip: false }
  const special = Object.values(specialTokens).flatMap((content) => {
    const id = vocabulary.tokenToId(content)
    return id === undefined || given.has(id) ? [] : [{ content, id, ...flags }]
  })
  return [...special, ...added]
}

/** @returns the ids of the special tokens @throws TokenizerError for one that there is not */
function requireSpecialTokens(
  specialTokens: SpecialTokens,
  added: readonly AddedToken[],
  vocabulary: Vocabulary,
): Record<keyof SpecialTokens, number> {
  const idOf = (role: keyof SpecialTokens) => {
    const content = specialTokens[role]
    const id = vocabulary.tokenToId(content) ?? added.find((token) => token.content === content)?.id
    if (id !== undefined) return id
    throw new TokenizerError(
      'MISSING_SPECIAL_TOKEN',
      `the vocabulary of ${vocabulary.count} tokens lacks ${JSON.stringify(content)}, the ${role} token. ` +
        `Add it to the vocabulary, or name the token that has this part with specialTokens.${role}.`,
    )
  }
  return { unk: idOf('unk'), cls: idOf('cls'), sep: idOf('sep'), pad: idOf('pad'), mask: idOf('mask') }
}
