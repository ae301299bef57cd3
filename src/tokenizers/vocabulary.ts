import { TokenizerError } from '../core/errors.ts'

/** Ids are below this: more than any published vocabulary needs, and a wrong id cannot fill the memory. */
const maxSize = 1 << 24

/**
 * Tokens and their ids, both ways. Compact: the texts lie in one array of UTF-16 units and are found through a table of
 * hashes, so that 250,000 tokens take about 7 MB. Iterates over `[token, id]` in the order of the ids.
 */
export class Vocabulary implements Iterable<[token: string, id: number]> {
  /** The highest id + 1. */
  readonly size: number
  /** How many tokens there are; less than `size` where ids are left out. */
  readonly count: number
  readonly #units: Uint16Array
  /** Entry e, the one with the e-th lowest id, is `units[ends[e], ends[e + 1])`. */
  readonly #ends: Int32Array
  /** The id of each entry, ascending; undefined where it is the entry's own number. */
  readonly #ids: Int32Array | undefined
  /** Open addressing: the entry with that hash, or -1. */
  readonly #slots: Int32Array
  #map: Map<string, number> | undefined
  #list: (string | undefined)[] | undefined

  /**
   * @param tokens in the order of their ids
   * @param ids ascending; undefined for 0, 1, …
   * @param onDuplicate called for a token that an earlier entry has too; if it returns, the token has the later id
   */
  constructor(
    tokens: readonly string[],
    ids: Int32Array | undefined,
    onDuplicate: (token: string, earlier: number, later: number) => void,
  ) {
    this.count = tokens.length
    this.size = ids === undefined ? tokens.length : (ids.at(-1) ?? -1) + 1
    this.#ids = ids
    this.#ends = new Int32Array(tokens.length + 1)
    let total = 0
    for (let e = 0; e < tokens.length; e++) this.#ends[e + 1] = total += tokens[e].length
    this.#units = new Uint16Array(total)
    let capacity = 16
    while (capacity * 2 < tokens.length * 3) capacity *= 2
    this.#slots = new Int32Array(capacity).fill(-1)
    for (let e = 0; e < tokens.length; e++) {
      const token = tokens[e]
      const from = this.#ends[e]
      for (let i = 0; i < token.length; i++) this.#units[from + i] = token.charCodeAt(i)
      const slot = this.#slotOf(token)
      if (this.#slots[slot] !== -1) onDuplicate(token, this.#idOf(this.#slots[slot]), this.#idOf(e))
      this.#slots[slot] = e
    }
  }

  tokenToId(token: string): number | undefined {
    const entry = this.#slots[this.#slotOf(token)]
    return entry === -1 ? undefined : this.#idOf(entry)
  }

  has(token: string): boolean {
    return this.#slots[this.#slotOf(token)] !== -1
  }

  /** Undefined for an id that no token has. */
  idToToken(id: number): string | undefined {
    const entry = this.#entryOf(id)
    return entry === -1 ? undefined : this.#text(entry)
  }

  /** The id of the token `codePoints[start, end)`, or -1. */
  findCodePoints(codePoints: Int32Array, start: number, end: number): number {
    let hash = 0
    let length = end - start
    for (let i = start; i < end; i++) {
      const point = codePoints[i]
      if (point < 0x10000) hash = mixed(hash, point)
      else {
        hash = mixed(mixed(hash, highSurrogate(point)), lowSurrogate(point))
        length++
      }
    }
    const mask = this.#slots.length - 1
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]
      if (entry === -1) return -1
      let at = this.#ends[entry]
      if (this.#ends[entry + 1] - at !== length) continue
      let i = start
      for (; i < end; i++) {
        const point = codePoints[i]
        if (point < 0x10000) {
          if (this.#units[at++] !== point) break
        } else if (this.#units[at++] !== highSurrogate(point) || this.#units[at++] !== lowSurrogate(point)) break
      }
      if (i === end) return this.#idOf(entry)
    }
  }

  *[Symbol.iterator](): Generator<[token: string, id: number]> {
    for (let entry = 0; entry < this.count; entry++) yield [this.#text(entry), this.#idOf(entry)]
  }

  /** Calls `visit` with each token as UTF-16 units `units[start, end)`, in the order of the ids; makes no strings. */
  forEachUnits(visit: (id: number, units: Uint16Array, start: number, end: number) => void): void {
    for (let entry = 0; entry < this.count; entry++) {
      visit(this.#idOf(entry), this.#units, this.#ends[entry], this.#ends[entry + 1])
    }
  }

  /** A map from token to id, made on first use: takes much more memory than the vocabulary itself. */
  get idOf(): ReadonlyMap<string, number> {
    this.#map ??= new Map(this)
    return this.#map
  }

  /** The token at each id, made on first use; undefined at ids that no token has. */
  get tokenAt(): readonly (string | undefined)[] {
    if (this.#list === undefined) {
      this.#list = new Array<string | undefined>(this.size)
      for (const [token, id] of this) this.#list[id] = token
    }
    return this.#list
  }

  #idOf(entry: number): number {
    return this.#ids === undefined ? entry : this.#ids[entry]
  }

  /** The entry with an id, or -1. */
  #entryOf(id: number): number {
    if (!Number.isInteger(id) || id < 0 || id >= this.size) return -1
    if (this.#ids === undefined) return id
    let low = 0
    let high = this.count - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#ids[middle] < id) low = middle + 1
      else high = middle
    }
    return this.#ids[low] === id ? low : -1
  }

  #text(entry: number): string {
    const [start, end] = [this.#ends[entry], this.#ends[entry + 1]]
    let text = ''
    for (let i = start; i < end; i += 4096) {
      text += String.fromCharCode(...this.#units.subarray(i, Math.min(end, i + 4096)))
    }
    return text
  }

  /** Where in the table the token is, or would be put. */
  #slotOf(token: string): number {
    let hash = 0
    for (let i = 0; i < token.length; i++) hash = mixed(hash, token.charCodeAt(i))
    const mask = this.#slots.length - 1
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]
      if (entry === -1) return slot
      const start = this.#ends[entry]
      if (this.#ends[entry + 1] - start !== token.length) continue
      let i = 0
      while (i < token.length && this.#units[start + i] === token.charCodeAt(i)) i++
      if (i === token.length) return slot
    }
  }
}

/**
 * Checks a vocabulary: a list, where the index is the id, or a map.
 *
 * @param file its name, for messages
 * @param duplicates what a token that comes twice does: throws (the default), or has the last of its ids, as in the Unigram
 * model of huggingface/tokenizers
 * @throws TokenizerError `VOCABULARY` for a token or an id that comes twice, or an id that is no whole number from 0
 */
export function createVocabulary(
  vocab: readonly string[] | ReadonlyMap<string, number> | Vocabulary,
  file?: string,
  duplicates: 'reject' | 'last' = 'reject',
): Vocabulary {
  if (vocab instanceof Vocabulary) return vocab
  const where = file === undefined ? 'vocabulary' : file
  const reject = (token: string, earlier: number, id: number): void => {
    if (duplicates === 'last') return
    throw new TokenizerError(
      'VOCABULARY',
      `${where}: token ${JSON.stringify(token)} comes twice, as id ${earlier} (line ${earlier + 1}) and as id ${id} ` +
        `(line ${id + 1}): each token must be there once. Rename one of them to an unused name, so that ids stay.`,
    )
  }
  if (isList(vocab)) {
    if (vocab.length > maxSize) throw badId(where, vocab[maxSize], maxSize)
    return new Vocabulary(vocab, undefined, reject)
  }
  const tokens: string[] = []
  const ids = new Int32Array(vocab.size)
  let ascending = true
  for (const [token, id] of vocab) {
    if (!Number.isInteger(id) || id < 0 || id >= maxSize) throw badId(where, token, id)
    ascending &&= tokens.length === 0 || id > ids[tokens.length - 1]
    ids[tokens.length] = id
    tokens.push(token)
  }
  if (ascending) return new Vocabulary(tokens, (ids.at(-1) ?? -1) + 1 === tokens.length ? undefined : ids, reject)
  // By id, and tokens with the same id in the order in which they came.
  const order = Float64Array.from(ids, (id, i) => id * maxSize + i).sort()
  const sortedIds = Int32Array.from(order, (key) => Math.floor(key / maxSize))
  const sorted = Array.from(order, (key) => tokens[key % maxSize])
  for (let i = 1; i < sortedIds.length; i++) {
    if (sortedIds[i] !== sortedIds[i - 1]) continue
    const [first, second] = [sorted[i - 1], sorted[i]].map((token) => JSON.stringify(token))
    throw new TokenizerError('VOCABULARY', `${where}: tokens ${first} and ${second} both have the id ${sortedIds[i]}.`)
  }
  const dense = (sortedIds.at(-1) ?? -1) + 1 === sorted.length
  return new Vocabulary(sorted, dense ? undefined : sortedIds, reject)
}

/** The tokens of a vocab.txt: one a line, the id is the line's number from 0. */
export function parseVocabText(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
}

/**
 * The text of a vocab.txt, or undefined where that format cannot hold the vocabulary: an id without a token, or a token with
 * a line break.
 */
export function formatVocabText(tokens: readonly (string | undefined)[] | Vocabulary): string | undefined {
  let text = ''
  for (let id = 0; id < (isList(tokens) ? tokens.length : tokens.size); id++) {
    const token = isList(tokens) ? tokens[id] : tokens.idToToken(id)
    if (token === undefined || /[\r\n]/.test(token)) return undefined
    text += `${token}\n`
  }
  return text
}

function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value)
}

function badId(where: string, token: string, id: number): TokenizerError {
  return new TokenizerError('VOCABULARY', `${where}: token ${JSON.stringify(token)} has the id ${id}: expected 0, 1, …`)
}

function mixed(hash: number, unit: number): number {
  return Math.imul(((hash << 5) | (hash >>> 27)) ^ unit, 0x9e3779b1)
}

function spread(hash: number): number {
  return hash ^ (hash >>> 15)
}

function highSurrogate(point: number): number {
  return 0xd7c0 + (point >> 10)
}

function lowSurrogate(point: number): number {
  return 0xdc00 | (point & 0x3ff)
}
