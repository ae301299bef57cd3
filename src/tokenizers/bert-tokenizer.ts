import { TokenizerError } from '../core/errors.ts'
import type { AddedToken } from './added-tokens.ts'
import { BertPipeline } from './bert-pipeline.ts'
import { decodeWordPieces } from './decoders/wordpiece.ts'
import type { EncodingLayout, EncodingSource } from './encoding.ts'
import { Encoding } from './encoding.ts'
import { assembleBertIds, bertSpecialTokenCount } from './post-processors/bert.ts'
import { TokenBuffer } from './token-buffer.ts'
import type { TruncationStrategy } from './truncation.ts'
import { truncatedLengths } from './truncation.ts'
import { createVocabulary } from './vocabulary.ts'

/** The names of the tokens that have a meaning of their own. */
export interface SpecialTokens {
  unk: string
  cls: string
  sep: string
  pad: string
  mask: string
}

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
  vocab: readonly string[] | ReadonlyMap<string, number>
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
  /** Longer words, counted in code points, are unknown. Default 100. */
  maxInputCharsPerWord?: number
  /** Default `##`. */
  continuingSubwordPrefix?: string
}

/** How to encode. */
export interface EncodeOptions {
  /** The second text of a pair. */
  textPair?: string
  /** Put [CLS] and [SEP] around the texts. Default true. */
  addSpecialTokens?: boolean
  /** Longest encoding in tokens, special tokens included. Default: the tokenizer's maxLength. */
  maxLength?: number
  /** `true` is `longest_first`. Default: `longest_first` if maxLength is given without padding, else no truncation. */
  truncation?: boolean | TruncationStrategy
  /** To the longest of the batch, or to maxLength. Default: none. */
  padding?: false | 'longest' | 'max_length'
}

/** How to decode. */
export interface DecodeOptions {
  /** Leave special tokens out, [UNK] among them. Default true. */
  skipSpecialTokens?: boolean
  /** Take out spaces before punctuation and contractions. Default true. */
  cleanUp?: boolean
}

/**
 * The tokenizer of BERT: cleans the text, splits it at white space and punctuation, cuts words into pieces of its
 * vocabulary, and puts `[CLS] … [SEP]` around. Gives the ids, offsets and texts of Hugging Face's `BertTokenizer`.
 *
 * ```ts
 * const { ids, typeIds } = tokenizer.encode('How old are you?', { textPair: 'I am six.' })
 * ```
 */
export class BertTokenizer {
  readonly lowercase: boolean
  /** null: as `lowercase`. */
  readonly stripAccents: boolean | null
  readonly handleChineseChars: boolean
  readonly cleanText: boolean
  readonly specialTokens: Readonly<SpecialTokens>
  /** Tokens that are found in the text as they are, special tokens among them, in the order of their ids. */
  readonly addedTokens: readonly AddedToken[]
  /** Longest input of the model in tokens; undefined if not known. */
  readonly maxLength: number | undefined
  readonly maxInputCharsPerWord: number
  readonly continuingSubwordPrefix: string
  readonly unkId: number
  readonly clsId: number
  readonly sepId: number
  readonly padId: number
  readonly maskId: number
  /** The tokens that words are cut into, by id; undefined at ids that no such token has. */
  readonly vocab: readonly (string | undefined)[]
  readonly #tokenAt: (string | undefined)[]
  readonly #idOf: Map<string, number>
  readonly #specialIds: ReadonlySet<number>
  readonly #pipeline: BertPipeline
  readonly #tokens = new TokenBuffer()

  /** @throws TokenizerError for a vocabulary with duplicates or without a special token, or a maxLength that is too small */
  constructor(options: BertTokenizerOptions) {
    this.lowercase = options.lowercase ?? true
    this.stripAccents = options.stripAccents ?? null
    this.handleChineseChars = options.handleChineseChars ?? true
    this.cleanText = options.cleanText ?? true
    this.specialTokens = { ...bertSpecialTokens, ...options.specialTokens }
    this.maxInputCharsPerWord = options.maxInputCharsPerWord ?? 100
    this.continuingSubwordPrefix = options.continuingSubwordPrefix ?? '##'
    this.maxLength = options.maxLength
    const vocabulary = createVocabulary(options.vocab)
    this.vocab = vocabulary.tokenAt
    this.#tokenAt = [...vocabulary.tokenAt]
    this.#idOf = new Map(vocabulary.idOf)
    this.addedTokens = this.#register(options.addedTokens ?? [])
    this.#specialIds = new Set(this.addedTokens.filter((token) => token.special).map((token) => token.id))
    this.unkId = this.#requireSpecial('unk')
    this.clsId = this.#requireSpecial('cls')
    this.sepId = this.#requireSpecial('sep')
    this.padId = this.#requireSpecial('pad')
    this.maskId = this.#requireSpecial('mask')
    if (this.maxLength !== undefined) this.#checkMaxLength(this.maxLength, 2)
    this.#pipeline = new BertPipeline({
      vocab: vocabulary.idOf,
      unkId: this.unkId,
      continuingSubwordPrefix: this.continuingSubwordPrefix,
      maxInputCharsPerWord: this.maxInputCharsPerWord,
      addedTokens: this.addedTokens,
      normalizer: {
        cleanText: this.cleanText,
        handleChineseChars: this.handleChineseChars,
        stripAccents: this.stripAccents ?? this.lowercase,
        lowercase: this.lowercase,
      },
    })
  }

  /** The rows that a model's embedding needs: the highest id + 1. */
  get vocabSize(): number {
    return this.#tokenAt.length
  }

  tokenToId(token: string): number | undefined {
    return this.#idOf.get(token)
  }

  idToToken(id: number): string | undefined {
    return this.#tokenAt[id]
  }

  /** How many special tokens `encode` adds to a text, or to a pair. */
  numSpecialTokens(pair = false): number {
    return bertSpecialTokenCount(pair)
  }

  /**
   * Encodes a text or a pair.
   * @throws TokenizerError `MAX_LENGTH` if maxLength is missing or too small, `TRUNCATION` if the strategy cannot make it fit
   */
  encode(text: string, options: EncodeOptions = {}): Encoding {
    const plan = this.#plan(options)
    const { layout, secondFrom } = this.#tokenize(text, options.textPair, plan)
    const length = Math.max(layoutLength(layout), plan.padTo)
    const ids = assembleBertIds(this.#tokens.ids, secondFrom, layout, this, length)
    return new Encoding(ids, layout, this.#source(text, options.textPair))
  }

  /** Encodes texts, or pairs of texts, in order. @throws as `encode` */
  encodeBatch(
    texts: readonly (string | readonly [text: string, textPair: string])[],
    options: Omit<EncodeOptions, 'textPair'> = {},
  ): Encoding[] {
    const plan = this.#plan(options)
    let longest = plan.padTo
    const rows = texts.map((entry) => {
      const [text, textPair] = typeof entry === 'string' ? [entry, undefined] : entry
      const { layout, secondFrom } = this.#tokenize(text, textPair, plan)
      const length = Math.max(layoutLength(layout), plan.padTo)
      longest = Math.max(longest, length)
      const ids = assembleBertIds(this.#tokens.ids, secondFrom, layout, this, length)
      return { ids, layout, source: this.#source(text, textPair) }
    })
    return rows.map(({ ids, layout, source }) => {
      if (options.padding !== 'longest' || ids.length === longest) return new Encoding(ids, layout, source)
      const padded = new Int32Array(longest).fill(this.padId, ids.length)
      padded.set(ids)
      return new Encoding(padded, layout, source)
    })
  }

  /** The text of ids, as far as it can be told: case, accents and spaces that encoding dropped stay lost. */
  decode(ids: Iterable<number>, { skipSpecialTokens = true, cleanUp = true }: DecodeOptions = {}): string {
    const tokens: string[] = []
    for (const id of ids) {
      const token = this.#tokenAt[id]
      if (token !== undefined && !(skipSpecialTokens && this.#specialIds.has(id))) tokens.push(token)
    }
    return decodeWordPieces(tokens, this.continuingSubwordPrefix, cleanUp)
  }

  /** Puts the tokens of both texts, cut to size, into the token buffer. */
  #tokenize(text: string, textPair: string | undefined, plan: Plan): { layout: EncodingLayout; secondFrom: number } {
    const tokens = this.#tokens
    tokens.clear()
    const { special, strategy, maxLength } = plan
    const added = special ? bertSpecialTokenCount(textPair !== undefined) : 0
    if (strategy !== undefined) this.#checkMaxLength(maxLength, added)
    // A text is read up to maxLength tokens and to the end of that word, as Hugging Face does: where both texts of a pair
    // are longer, that decides which one counts as the longer.
    const limit = strategy === undefined ? Number.POSITIVE_INFINITY : maxLength
    this.#pipeline.tokenize(text, tokens, limit)
    const secondFrom = tokens.length
    let second: number | undefined
    if (textPair !== undefined) {
      this.#pipeline.tokenize(textPair, tokens, secondFrom + limit)
      second = tokens.length - secondFrom
    }
    const [first, kept] =
      strategy === undefined ? [secondFrom, second] : truncatedLengths(secondFrom, second, maxLength - added, strategy)
    return { layout: { first, second: kept, special }, secondFrom }
  }

  #plan(options: EncodeOptions): Plan {
    const { addSpecialTokens = true, padding = false } = options
    const maxLength = options.maxLength ?? this.maxLength
    let { truncation } = options
    truncation ??= options.maxLength !== undefined && padding === false
    if (options.maxLength !== undefined) this.#checkMaxLength(options.maxLength, 0)
    if (maxLength === undefined && padding === 'max_length') {
      throw new TokenizerError(
        'MAX_LENGTH',
        'padding "max_length" needs a maxLength, and this tokenizer does not know the model\'s: pass maxLength.',
      )
    }
    // As Hugging Face: truncation without a known maximum does nothing.
    const strategy = truncation === true ? 'longest_first' : truncation === false ? undefined : truncation
    return {
      special: addSpecialTokens,
      maxLength: maxLength ?? 0,
      strategy: maxLength === undefined ? undefined : strategy,
      padTo: padding === 'max_length' ? (maxLength as number) : 0,
    }
  }

  #source(text: string, textPair: string | undefined): EncodingSource {
    return {
      text,
      textPair,
      idToToken: (id) => this.#tokenAt[id],
      trace: (source, count) => this.#pipeline.trace(source, count),
    }
  }

  #checkMaxLength(maxLength: number, special: number): void {
    if (!Number.isInteger(maxLength) || maxLength < Math.max(1, special)) {
      throw new TokenizerError(
        'MAX_LENGTH',
        `maxLength is ${maxLength}: expected a whole number of ${Math.max(1, special)} or more` +
          (special > 0 ? `, since ${special} special tokens are added to each input.` : '.'),
      )
    }
  }

  /** Adds the special tokens that are in the vocabulary to `added`, and all of them to the look-up tables. */
  #register(added: readonly AddedToken[]): AddedToken[] {
    const byId = new Map<number, AddedToken>()
    for (const content of Object.values(this.specialTokens)) {
      const id = this.#idOf.get(content)
      const flags = { special: true, normalized: false, singleWord: false, lstrip: false, rstrip: false }
      if (id !== undefined) byId.set(id, { content, id, ...flags })
    }
    for (const token of added) {
      const known = this.#idOf.get(token.content)
      const other = this.#tokenAt[token.id]
      if (
        token.content === '' ||
        !Number.isInteger(token.id) ||
        token.id < 0 ||
        token.id >= 1 << 24 ||
        (known ?? token.id) !== token.id ||
        (other ?? token.content) !== token.content
      ) {
        throw new TokenizerError(
          'ADDED_TOKEN',
          `added token ${JSON.stringify(token.content)} cannot have the id ${token.id}: ` +
            (known !== undefined && known !== token.id
              ? `the vocabulary has it as ${known}.`
              : other !== undefined && other !== token.content
                ? `that is ${JSON.stringify(other)}.`
                : 'expected a text that is not empty and an id of 0, 1, …'),
        )
      }
      this.#idOf.set(token.content, token.id)
      this.#tokenAt[token.id] = token.content
      byId.set(token.id, { ...token })
    }
    return [...byId.values()].sort((a, b) => a.id - b.id)
  }

  #requireSpecial(role: keyof SpecialTokens): number {
    const id = this.#idOf.get(this.specialTokens[role])
    if (id !== undefined) return id
    throw new TokenizerError(
      'MISSING_SPECIAL_TOKEN',
      `the vocabulary of ${this.#idOf.size} tokens lacks ${JSON.stringify(this.specialTokens[role])}, the ${role} token. ` +
        `Add it to the vocabulary, or name the token that has this part with specialTokens.${role}.`,
    )
  }
}

/** What `encode` does, with the defaults filled in. */
interface Plan {
  special: boolean
  maxLength: number
  strategy: TruncationStrategy | undefined
  padTo: number
}

function layoutLength({ first, second, special }: EncodingLayout): number {
  return first + (second ?? 0) + (special ? bertSpecialTokenCount(second !== undefined) : 0)
}
