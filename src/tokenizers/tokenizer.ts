import { TokenizerError } from '../core/errors.ts'
import type { AddedToken } from './added-tokens.ts'
import type { Decoder, TokenModel } from './components.ts'
import { createDecoder } from './decoders/index.ts'
import type { SpecialTokens, TokenizerDefinition } from './definition.ts'
import {
  type BatchEncodeOptions,
  type BatchEntry,
  checkMaxLength,
  checkStride,
  checkText,
  type DecodeOptions,
  type EncodeOptions,
  type EncodePlan,
  planEncoding,
  readEntry,
  type TextInput,
} from './encode-options.ts'
import { Encoding, type EncodingLayout, type EncodingSource } from './encoding.ts'
import { createModel } from './models/index.ts'
import { createNormalizer } from './normalizers/index.ts'
import { trimmed, type WhiteSpace, whiteSpaceOf } from './offset-trim.ts'
import { createPostProcessor, type Part, type PostProcessor } from './post-processors/index.ts'
import { createPreTokenizer } from './pre-tokenizers/index.ts'
import { ComponentPipeline, type TextPipeline } from './text-pipeline.ts'
import { TokenBuffer } from './token-buffer.ts'
import { truncatedLengths, windows } from './truncation.ts'
import { assemble, type CutTexts, combinations, layoutOf, type TokenRange } from './window-layout.ts'

export type { SpecialTokens, TokenizerDefinition } from './definition.ts'

/**
 * A tokenizer of any family, made of the parts that tokenizer.json names. Gives the ids, offsets and texts of Hugging Face's
 * `tokenizers`.
 *
 * ```ts
 * const { ids, offsets } = tokenizer.encode('How old are you?', { textPair: 'I am six.' })
 * ```
 */
export class Tokenizer {
  readonly definition: TokenizerDefinition
  readonly specialTokens: Readonly<Partial<SpecialTokens & { bos: string; eos: string }>>
  /** Tokens that are found in the text as they are, special tokens among them, in the order of their ids. */
  readonly addedTokens: readonly AddedToken[]
  /** Longest input of the model in tokens; undefined if not known. */
  readonly maxLength: number | undefined
  readonly paddingSide: 'left' | 'right'
  readonly truncationSide: 'left' | 'right'
  readonly modelInputNames: readonly string[] | undefined
  /** Ids of special tokens; undefined for one that there is not. */
  readonly unkId: number | undefined
  readonly clsId: number | undefined
  readonly sepId: number | undefined
  readonly padId: number | undefined
  readonly maskId: number | undefined
  /** The rows that a model's embedding needs: the highest id + 1. */
  readonly vocabSize: number
  readonly #model: TokenModel
  readonly #added: ReadonlyMap<string, AddedToken>
  readonly #addedById: ReadonlyMap<number, AddedToken>
  readonly #processor: PostProcessor
  readonly #decoder: Decoder | undefined
  readonly #pipeline: TextPipeline
  readonly #trims = new Map<number, WhiteSpace>()
  readonly #tokens = new TokenBuffer()

  /**
   * @param createPipeline a faster way from text to tokens than through the parts
   * @throws TokenizerError for parts that do not fit each other
   */
  constructor(
    definition: TokenizerDefinition,
    createPipeline?: (model: TokenModel, addedTokens: readonly AddedToken[]) => TextPipeline,
  ) {
    this.definition = definition
    this.#model = createModel(definition.model)
    this.specialTokens = { ...definition.specialTokens }
    this.addedTokens = this.#checkAdded(definition.addedTokens ?? [])
    this.#added = new Map(this.addedTokens.map((token) => [token.content, token]))
    this.#addedById = new Map(this.addedTokens.map((token) => [token.id, token]))
    this.vocabSize = this.addedTokens.reduce((size, { id }) => Math.max(size, id + 1), this.#model.size)
    this.#processor = createPostProcessor(definition.postProcessor)
    this.#decoder = definition.decoder ? createDecoder(definition.decoder) : undefined
    this.maxLength = definition.maxLength
    this.paddingSide = definition.paddingSide ?? 'right'
    this.truncationSide = definition.truncationSide ?? 'right'
    this.modelInputNames = definition.modelInputNames
    const { unk, cls, sep, pad, mask } = this.specialTokens
    const idOf = (token: string | undefined) => (token === undefined ? undefined : this.tokenToId(token))
    this.unkId = idOf(unk)
    this.clsId = idOf(cls)
    this.sepId = idOf(sep)
    this.padId = idOf(pad)
    this.maskId = idOf(mask)
    if (this.maxLength !== undefined) checkMaxLength(this.maxLength, this.numSpecialTokens())
    this.#pipeline =
      createPipeline?.(this.#model, this.addedTokens) ??
      new ComponentPipeline({
        model: this.#model,
        normalizer: definition.normalizer ? createNormalizer(definition.normalizer) : undefined,
        preTokenizer: definition.preTokenizer ? createPreTokenizer(definition.preTokenizer) : undefined,
        addedTokens: this.addedTokens,
      })
  }

  tokenToId(token: string): number | undefined {
    return this.#added.get(token)?.id ?? this.#model.tokenToId(token)
  }

  idToToken(id: number): string | undefined {
    return this.#addedById.get(id)?.content ?? this.#model.idToToken(id)
  }

  /** How many special tokens `encode` adds to a text, or to a pair. */
  numSpecialTokens(pair = false): number {
    const parts = pair ? this.#processor.pair : this.#processor.single
    return parts.reduce((count, { sequence }) => count + (sequence === undefined ? 1 : 0), 0)
  }

  /** The tokens of a text, without special tokens around it. */
  tokenize(text: string): string[] {
    return this.encode(text, { addSpecialTokens: false, truncation: false }).tokens
  }

  /**
   * Encodes a text or a pair; given as words, it is not split at white space first, and offsets count within each word.
   * @throws TokenizerError `MAX_LENGTH` if maxLength is missing or too small, `STRIDE` if windows would not go on,
   * `TRUNCATION` if the strategy cannot make it fit, `PADDING` without a pad token
   */
  encode(text: TextInput, options: EncodeOptions = {}): Encoding {
    const plan = this.#plan(options)
    const made = this.#windows(text, options.textPair, plan)
    const target = this.#paddedLength(plan, made.layouts[0].used)
    return this.#encoding(made, plan, target, 0)
  }

  /**
   * Encodes texts, pairs of texts, or with `isSplitIntoWords` lists of words, in order. With `returnOverflowingTokens` every window is an entry of its own, which
   * knows its text: `sampleIndex`.
   * @throws as `encode`
   */
  encodeBatch(texts: readonly BatchEntry[], options: BatchEncodeOptions = {}): Encoding[] {
    const plan = this.#plan(options)
    const made = texts.map((entry, i) => {
      const [text, textPair] = readEntry(entry, i, options.isSplitIntoWords ?? false)
      return this.#windows(text, textPair, plan)
    })
    let longest = 0
    if (plan.padding === 'longest') for (const { layouts } of made) longest = Math.max(longest, layouts[0].used)
    const encodings: Encoding[] = []
    for (let i = 0; i < made.length; i++) {
      const target = this.#paddedLength(plan, plan.padding === 'longest' ? longest : made[i].layouts[0].used)
      const encoding = this.#encoding(made[i], plan, target, i)
      encodings.push(encoding)
      if (plan.overflow) encodings.push(...encoding.overflowing)
    }
    return encodings
  }

  /** The text of ids, as far as it can be told: case, accents and spaces that encoding dropped stay lost. */
  decode(ids: Iterable<number>, { skipSpecialTokens = true, cleanUp }: DecodeOptions = {}): string {
    const tokens: string[] = []
    for (const id of ids) {
      const token = this.idToToken(id)
      if (token !== undefined && !(skipSpecialTokens && this.#addedById.get(id)?.special)) tokens.push(token)
    }
    const { decoder, cleanUp: isCleaned = false } = this.definition
    if (decoder?.type === 'WordPiece') {
      const own = cleanUp === undefined || cleanUp === decoder.cleanup
      const text = (own ? this.#decoder! : createDecoder({ ...decoder, cleanup: cleanUp })).decode(tokens).join('')
      return isCleaned && cleanUp !== false ? cleanedUp(text) : text // as transformers, which cleans once more
    }
    const text = this.#decoder ? this.#decoder.decode(tokens).join('') : tokens.join(' ')
    return (cleanUp ?? isCleaned) ? cleanedUp(text) : text
  }

  /** Texts of lists of ids. */
  decodeBatch(batch: readonly Iterable<number>[], options: DecodeOptions = {}): string[] {
    return batch.map((ids) => this.decode(ids, options))
  }

  #plan(options: EncodeOptions): EncodePlan {
    const plan = planEncoding(options, this)
    if (plan.padding !== false && this.padId === undefined) {
      throw new TokenizerError(
        'PADDING',
        'this tokenizer has no pad token, so that it cannot pad: name one with specialTokens.pad, or encode without padding.',
      )
    }
    return plan
  }

  /** Tokenizes the texts and cuts them. */
  #windows(text: TextInput, textPair: TextInput | undefined, plan: EncodePlan): CutTexts {
    const isPair = textPair !== undefined
    const { special, strategy, maxLength, overflow, side, stride } = plan
    const added = special ? this.numSpecialTokens(isPair) : 0
    if (strategy !== undefined) {
      checkMaxLength(maxLength, added)
      if (overflow) checkStride(stride, maxLength - added)
    }
    // A text is read up to maxLength tokens and to the end of that word, as Hugging Face does: where both texts of a pair
    // are longer, that decides which one counts as the longer. Windows need all of it.
    const isLimited = strategy !== undefined && !overflow && side === 'right'
    const limit = isLimited ? maxLength : Number.POSITIVE_INFINITY
    const tokens = this.#tokens
    tokens.clear()
    this.#tokenize(text, tokens, strategy === 'only_second' ? Number.POSITIVE_INFINITY : limit)
    const first = tokens.length
    if (isPair) this.#tokenize(textPair, tokens, limit)
    const second = isPair ? tokens.length - first : undefined
    const ids = tokens.ids.slice(0, tokens.length)
    const parts = this.#parts(special, isPair)
    const source = this.#source(text, textPair)
    if (strategy === undefined) {
      const whole: TokenRange[] = [
        [0, first],
        [0, second ?? 0],
      ]
      return { ids, first, layouts: [layoutOf(parts, whole)], source, truncated: false }
    }
    // From the left, Hugging Face reads whole words from the end up to maxLength tokens; again that decides which is longer,
    // and whether the text that is not to be cut fills the room.
    const isOneLong = Math.min(first, second ?? 0) < maxLength
    const isReadBack = isPair && side === 'left' && !overflow && !(isOneLong && strategy === 'longest_first')
    const read = (sequence: TextInput, count: number) =>
      isReadBack && count > maxLength ? this.#tokensFromEnd(sequence, count, maxLength) : count
    const [keptFirst, keptSecond] = truncatedLengths(
      strategy === 'only_second' ? first : read(text, first),
      isPair ? read(textPair, second as number) : undefined,
      maxLength - added,
      strategy,
    )
    const truncated = keptFirst < first || (keptSecond ?? 0) < (second ?? 0)
    if (truncated && overflow) {
      if (keptFirst < first) checkStride(stride, keptFirst)
      if (isPair && (keptSecond as number) < (second as number)) checkStride(stride, keptSecond as number)
    }
    const cut = (count: number, kept: number) => windows(count, kept, overflow ? stride : 0, side)
    const firsts = cut(first, keptFirst)
    const seconds = isPair ? cut(second as number, keptSecond as number) : undefined
    const combined = overflow ? combinations(parts, firsts, seconds) : [[firsts[0], ...(seconds ? [seconds[0]] : [])]]
    const layouts = combined.map((ranges) => layoutOf(parts, ranges))
    // Reading may have stopped just where the room ends.
    const isAtLimit = isLimited && !truncated && first + (second ?? 0) === maxLength
    return {
      ids,
      first,
      layouts,
      source,
      truncated: truncated || (isAtLimit && this.#isLonger(text, textPair, maxLength)),
    }
  }

  #parts(special: boolean, isPair: boolean): readonly Part[] {
    const { single, pair, plainSingle, plainPair } = this.#processor
    return special ? (isPair ? pair : single) : isPair ? plainPair : plainSingle
  }

  /** Whether a text or pair has more tokens than `count`. */
  #isLonger(text: TextInput, textPair: TextInput | undefined, count: number): boolean {
    const tokens = this.#tokens
    tokens.clear()
    this.#tokenize(text, tokens, count + 1)
    if (textPair !== undefined) this.#tokenize(textPair, tokens, count + 1)
    return tokens.length > count
  }

  /**
   * How many of a text's `count` tokens Hugging Face reads if it begins at the end: whole words up to `least` tokens or more,
   * where an added token is not what it stops at. Of a text given as words, so many of each word.
   */
  #tokensFromEnd(text: TextInput, count: number, least: number): number {
    if (typeof text !== 'string') {
      let sum = 0
      for (const word of text) {
        const { length } = this.#places(word, Number.POSITIVE_INFINITY)
        sum += length > least ? this.#tokensFromEnd(word, length, least) : length
      }
      return sum
    }
    const { words, ids } = this.#places(text, count)
    const isAdded = (token: number) => this.#addedById.has(ids[token]) && ids[token] !== this.unkId
    let from = count - least
    while (from > 0 && (words[from - 1] === words[from] || isAdded(from))) from--
    return count - from
  }

  /** @param limit tokens to stop at: of the text, or of each of its words */
  #tokenize(text: TextInput, out: TokenBuffer, limit: number): void {
    checkText(text)
    if (typeof text === 'string') this.#pipeline.tokenize(text, out, out.length + limit)
    else for (const word of text) this.#pipeline.tokenize(word, out, out.length + limit)
  }

  #source(text: TextInput, textPair: TextInput | undefined): EncodingSource {
    const { trim } = this.#processor
    const traced: [TokenBuffer?, TokenBuffer?] = []
    const of = (sequence: 0 | 1) => (sequence === 0 ? text : (textPair as TextInput))
    return {
      text: of,
      places: (sequence, count) => {
        const known = traced[sequence]
        if (known && known.length >= count) return known
        // A first window asks for its own tokens, a further one for those of the whole text, which all others share.
        const made = this.#places(of(sequence), known ? Number.POSITIVE_INFINITY : count)
        traced[sequence] = made
        return made
      },
      idToToken: (id) => this.idToToken(id),
      ...(trim && {
        trim: (id, own, start, end, isFirst) => {
          // An added token has the white space that it takes from the text.
          const isAdded = this.#addedById.has(id)
          const { leading, trailing } = isAdded ? whiteSpaceOf(own.slice(start, end)) : this.#whiteSpace(id)
          if (leading === 0 && trailing === 0) return [start, end]
          // The space that was put before the text is not in it.
          const isPrefix = trim.addPrefixSpace && leading === 1 && (isFirst || start === 0)
          return trimmed(own, start, end, { leading: isPrefix ? 0 : leading, trailing })
        },
      }),
    }
  }

  #places(text: TextInput, count: number): TokenBuffer {
    if (typeof text === 'string') return this.#pipeline.trace(text, count)
    const all = new TokenBuffer()
    for (const [index, word] of text.entries()) {
      if (all.length >= count) break
      const { length, ids, starts, ends } = this.#pipeline.trace(word, count)
      all.wordCount = index
      for (let i = 0; i < length; i++) all.push(ids[i], starts[i], ends[i])
    }
    return all
  }

  /** White space at the ends of a token of the vocabulary. */
  #whiteSpace(id: number): WhiteSpace {
    let known = this.#trims.get(id)
    if (known === undefined) {
      known = whiteSpaceOf(this.idToToken(id) ?? '')
      this.#trims.set(id, known)
    }
    return known
  }

  #paddedLength({ padding, maxLength, multiple }: EncodePlan, used: number): number {
    if (padding === false) return 0
    const target = padding === 'max_length' ? maxLength : used
    return Math.ceil(target / multiple) * multiple
  }

  /** @param target tokens to pad to; longer encodings are left as they are */
  #encoding(cut: CutTexts, plan: EncodePlan, target: number, sampleIndex: number): Encoding {
    const make = (layout: EncodingLayout, overflowing: readonly Encoding[]) => {
      const length = Math.max(layout.used, target)
      const paddingBefore = plan.paddingSide === 'left' ? length - layout.used : 0
      const ids = assemble(cut, layout, length, paddingBefore, this.padId ?? 0)
      const { source, truncated } = cut
      return new Encoding(ids, paddingBefore === 0 ? layout : { ...layout, paddingBefore }, source, {
        sampleIndex,
        overflowing,
        truncated,
      })
    }
    const overflowing = cut.layouts.length === 1 ? none : cut.layouts.slice(1).map((layout) => make(layout, none))
    return make(cut.layouts[0], overflowing)
  }

  #checkAdded(added: readonly AddedToken[]): AddedToken[] {
    const byId = new Map<number, AddedToken>()
    for (const token of added) {
      const known = this.#model.tokenToId(token.content)
      const other = this.#model.idToToken(token.id) ?? byId.get(token.id)?.content
      const isId = Number.isInteger(token.id) && token.id >= 0 && token.id < 1 << 24
      const fits = token.content !== '' && isId && (known ?? token.id) === token.id
      if (!fits || (other ?? token.content) !== token.content) {
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
      byId.set(token.id, { ...token })
    }
    return [...byId.values()].sort((a, b) => a.id - b.id)
  }
}

const none: readonly Encoding[] = []

/** Takes out the spaces that stand before punctuation and English contractions, as transformers does. */
function cleanedUp(text: string): string {
  const artefacts = [' .', ' ?', ' !', ' ,', " ' ", " n't", " 'm", " 's", " 've", " 're"]
  return artefacts.reduce((cleaned, artefact) => cleaned.replaceAll(artefact, artefact.trim()), text)
}
