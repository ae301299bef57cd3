import { DataError } from '../../core/errors.ts'
import { NumberList } from './number-list.ts'

/**
 * A tokenised corpus: one long list of token ids without special tokens, cut into sentences, and these into documents.
 * Only the boundaries need be in memory.
 */
export interface TokenStore {
  /** How many tokens there are. */
  readonly tokens: number
  /** All ids are below. */
  readonly vocabSize: number
  /** `sentenceStarts: [sentences + 1]`, the first token of each sentence, and the number of tokens */
  readonly sentenceStarts: Uint32Array | Float64Array
  /** `documentStarts: uint32 [documents + 1]`, the first sentence of each document, and the number of sentences */
  readonly documentStarts: Uint32Array
  /** 16 hexadecimal digits that another content will not have: a resumed run can check that it reads the same corpus. */
  readonly fingerprint: string
  /** Copies the tokens [start, start + count) to `out` at `at` (default 0). @throws RangeError outside the corpus */
  read(start: number, count: number, out: Int32Array, at?: number): void
  /** Frees what the store holds; it cannot be read afterwards. */
  close(): void
}

/** Takes a corpus sentence by sentence. */
export interface TokenStoreWriter {
  /** Tokens so far. */
  readonly tokens: number
  readonly sentences: number
  readonly documents: number
  /**
   * Appends a sentence, which may not be empty; the first one starts a document in any case.
   * @throws DataError for an id outside the vocabulary
   */
  addSentence(ids: Int32Array, startsDocument: boolean): void
}

/** The boundaries and the fingerprint of a corpus while it is written. */
export class TokenStoreIndex {
  readonly vocabSize: number
  tokens = 0
  readonly #sentenceStarts = new NumberList()
  readonly #documentStarts = new NumberList()
  #hashA = 0x811c9dc5
  #hashB = 0x9e3779b9

  constructor(vocabSize: number) {
    this.vocabSize = vocabSize
  }

  get sentences(): number {
    return this.#sentenceStarts.length
  }

  get documents(): number {
    return this.#documentStarts.length
  }

  /** Counts a sentence in. @throws DataError for an id outside the vocabulary */
  add(ids: Int32Array, startsDocument: boolean): void {
    if (startsDocument || this.sentences === 0) {
      this.#documentStarts.push(this.sentences)
      this.#mix(-2)
    }
    this.#sentenceStarts.push(this.tokens)
    this.#mix(-1)
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]
      if (id < 0 || id >= this.vocabSize) {
        throw new DataError(
          'TOKEN_ID',
          `the tokenizer gave the id ${id}, but its vocabulary has ${this.vocabSize} ids: ` +
            'vocabSize must be the highest id + 1.',
        )
      }
      this.#mix(id)
    }
    this.tokens += ids.length
  }

  /** The parts of a store that are in memory. @throws DataError if there is no token */
  finish(): Pick<TokenStore, 'tokens' | 'vocabSize' | 'sentenceStarts' | 'documentStarts' | 'fingerprint'> {
    if (this.tokens === 0) {
      throw new DataError('EMPTY_CORPUS', 'the corpus has no tokens: expected text. Check the files and their field.')
    }
    this.#documentStarts.push(this.sentences)
    this.#sentenceStarts.push(this.tokens)
    return {
      tokens: this.tokens,
      vocabSize: this.vocabSize,
      sentenceStarts: this.#sentenceStarts.toOffsets(this.tokens),
      documentStarts: this.#documentStarts.toUint32(),
      fingerprint: hex(this.#hashA) + hex(this.#hashB),
    }
  }

  /** Two 32-bit hashes in the manner of FNV-1a with different multipliers. */
  #mix(value: number): void {
    this.#hashA = Math.imul(this.#hashA ^ value, 0x01000193)
    this.#hashB = Math.imul((this.#hashB ^ (this.#hashB >>> 15)) + value, 0x21f0aaad)
  }
}

/** Writes a corpus into memory, for small ones and for browsers. */
export interface MemoryTokenStoreWriter extends TokenStoreWriter {
  /** @throws DataError `EMPTY_CORPUS` */
  finish(): TokenStore
}

/** A writer of a store in memory. @param vocabSize the highest id + 1 */
export function createMemoryTokenStore(vocabSize: number): MemoryTokenStoreWriter {
  const index = new TokenStoreIndex(vocabSize)
  const create = (length: number) => (vocabSize <= 2 ** 16 ? new Uint16Array(length) : new Int32Array(length))
  let ids = create(1024)
  return {
    get tokens() {
      return index.tokens
    },
    get sentences() {
      return index.sentences
    },
    get documents() {
      return index.documents
    },
    addSentence(sentence, startsDocument) {
      const at = index.tokens
      index.add(sentence, startsDocument)
      if (index.tokens > ids.length) {
        const larger = create(Math.max(ids.length * 2, index.tokens))
        larger.set(ids)
        ids = larger
      }
      ids.set(sentence, at)
    },
    finish() {
      const kept = ids.slice(0, index.tokens)
      return {
        ...index.finish(),
        read(start, count, out, at = 0) {
          requireRange(start, count, kept.length)
          for (let i = 0; i < count; i++) out[at + i] = kept[start + i]
        },
        close() {},
      }
    },
  }
}

/** @throws RangeError if [start, start + count) is not within [0, tokens) */
export function requireRange(start: number, count: number, tokens: number): void {
  if (start >= 0 && count >= 0 && start + count <= tokens) return
  throw new RangeError(`cannot read tokens ${start} to ${start + count}: the corpus has ${tokens}.`)
}

/** How many documents a store has. */
export function documentCount(store: Pick<TokenStore, 'documentStarts'>): number {
  return store.documentStarts.length - 1
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0')
}
