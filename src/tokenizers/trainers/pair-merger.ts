import { doubled } from '../normalized-text.ts'

/**
 * The words of a corpus as sequences of symbols, with the counts of all neighbouring pairs, which follow each merge. The
 * order of merges is that of huggingface/tokenizers `models/bpe/trainer.rs`: the most frequent pair, of equals the one with
 * the smaller symbols.
 */
export class PairMerger {
  // Word w is symbols[wordStarts[w], wordStarts[w] + wordLengths[w]).
  readonly #symbols: Int32Array
  readonly #wordStarts: Int32Array
  readonly #wordLengths: Int32Array
  readonly #wordCounts: Float64Array
  // Pairs: an open-addressing table from two symbols to the pair's number.
  #slots = new Int32Array(1 << 16).fill(-1)
  #lefts = new Int32Array(1 << 12)
  #rights = new Int32Array(1 << 12)
  #counts = new Float64Array(1 << 12)
  /** Words that got the pair since its last heap entry. */
  readonly #newWords: (number[] | undefined)[] = []
  #pairs = 0
  #touched: number[] = []
  // A binary heap. An entry keeps the count of when it was made and the words that it stands for; a pair may have several.
  readonly #heap: HeapEntry[] = []

  /**
   * @param symbols of all words; changed by merges
   * @param wordEnds where each word ends in `symbols`
   * @param counts how often each word occurs
   */
  constructor(symbols: Int32Array, wordEnds: Int32Array, counts: Float64Array) {
    this.#symbols = symbols
    this.#wordCounts = counts
    this.#wordStarts = new Int32Array(wordEnds.length)
    this.#wordLengths = new Int32Array(wordEnds.length)
    let start = 0
    for (let w = 0; w < wordEnds.length; w++) {
      this.#wordStarts[w] = start
      this.#wordLengths[w] = wordEnds[w] - start
      for (let i = start + 1; i < wordEnds[w]; i++) this.#change(symbols[i - 1], symbols[i], w, 1)
      start = wordEnds[w]
    }
    this.#pushTouched()
  }

  /** The next pair to merge, or undefined if none is left that occurs `minFrequency` times. */
  next(minFrequency: number): { left: number; right: number; words: number[] } | undefined {
    for (let top = this.#pop(); top !== undefined; top = this.#pop()) {
      const count = this.#counts[top.pair]
      if (top.count !== count) {
        top.count = count
        this.#push(top)
        continue
      }
      if (count < 1 || count < minFrequency) return undefined
      return { left: this.#lefts[top.pair], right: this.#rights[top.pair], words: top.words }
    }
    return undefined
  }

  /** Replaces the pair by `symbol` in the given words. */
  merge(left: number, right: number, symbol: number, words: readonly number[]): void {
    const symbols = this.#symbols
    for (const w of words) {
      const start = this.#wordStarts[w]
      const end = start + this.#wordLengths[w]
      let to = start
      for (let from = start; from < end; from++) {
        if (symbols[from] !== left || from + 1 >= end || symbols[from + 1] !== right) {
          symbols[to++] = symbols[from]
          continue
        }
        if (to > start) {
          this.#change(symbols[to - 1], left, w, -1)
          this.#change(symbols[to - 1], symbol, w, 1)
        }
        if (from + 2 < end) {
          this.#change(right, symbols[from + 2], w, -1)
          this.#change(symbol, symbols[from + 2], w, 1)
        }
        symbols[to++] = symbol
        from++
      }
      this.#wordLengths[w] = to - start
    }
    this.#pushTouched()
  }

  #change(left: number, right: number, word: number, sign: 1 | -1): void {
    const pair = this.#pair(left, right)
    this.#counts[pair] += sign * this.#wordCounts[word]
    if (sign < 0) return
    const words = this.#newWords[pair]
    if (words === undefined) {
      this.#newWords[pair] = [word]
      this.#touched.push(pair)
    } else if (words[words.length - 1] !== word) {
      words.push(word)
    }
  }

  #pushTouched(): void {
    for (const pair of this.#touched) {
      const words = this.#newWords[pair] as number[]
      this.#newWords[pair] = undefined
      if (this.#counts[pair] > 0) this.#push({ pair, count: this.#counts[pair], words })
    }
    this.#touched = []
  }

  #pair(left: number, right: number): number {
    let mask = this.#slots.length - 1
    let slot = pairHash(left, right) & mask
    for (; this.#slots[slot] !== -1; slot = (slot + 1) & mask) {
      const pair = this.#slots[slot]
      if (this.#lefts[pair] === left && this.#rights[pair] === right) return pair
    }
    const pair = this.#pairs++
    if (pair === this.#lefts.length) {
      this.#lefts = doubled(this.#lefts)
      this.#rights = doubled(this.#rights)
      const counts = new Float64Array(this.#counts.length * 2)
      counts.set(this.#counts)
      this.#counts = counts
    }
    this.#lefts[pair] = left
    this.#rights[pair] = right
    this.#newWords.push(undefined)
    if (this.#pairs * 2 > this.#slots.length) {
      this.#slots = new Int32Array(this.#slots.length * 2).fill(-1)
      mask = this.#slots.length - 1
      for (let p = 0; p < this.#pairs; p++) {
        slot = pairHash(this.#lefts[p], this.#rights[p]) & mask
        while (this.#slots[slot] !== -1) slot = (slot + 1) & mask
        this.#slots[slot] = p
      }
    } else {
      this.#slots[slot] = pair
    }
    return pair
  }

  /** Whether entry a comes before entry b. */
  #before(a: HeapEntry, b: HeapEntry): boolean {
    if (a.count !== b.count) return a.count > b.count
    const left = this.#lefts[a.pair] - this.#lefts[b.pair]
    return left !== 0 ? left < 0 : this.#rights[a.pair] < this.#rights[b.pair]
  }

  #push(entry: HeapEntry): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(entry)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(entry, heap[parent])) break
      heap[at] = heap[parent]
      at = parent
    }
    heap[at] = entry
  }

  #pop(): HeapEntry | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return top
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && this.#before(heap[child + 1], heap[child])) child++
      if (!this.#before(heap[child], last)) break
      heap[at] = heap[child]
      at = child
    }
    heap[at] = last
    return top
  }
}

interface HeapEntry {
  pair: number
  count: number
  words: number[]
}

function pairHash(left: number, right: number): number {
  const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}
