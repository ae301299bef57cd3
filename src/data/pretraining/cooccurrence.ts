import type { SparseMatrix } from '../../core/sparse-svd.ts'
import type { TokenStore } from './token-store.ts'

/** What counts as standing together. */
export interface CooccurrenceOptions {
  /** Tokens that are at most so far apart in a document, all with weight 1. Default 10. */
  window?: number
  /** Documents to count, ascending. Default all. */
  documents?: ArrayLike<number>
}

/** Pairs that are gathered before they are sorted and added to the others. */
const pairsAtOnce = 2 ** 22
/** Exponent of the contexts' frequencies, which keeps rare ones from having the greatest values. */
const smoothing = 0.75

/** Pairs `low x V + high` with low <= high, ascending, and how often each was seen. */
interface PairCounts {
  keys: Float64Array
  counts: Float64Array
}

/**
 * Positive pointwise mutual information of a corpus's tokens: max(0, log p(w, c) / (p(w) p(c))), with p(c) proportional to the
 * context's count to the power of 0.75 (Levy, Goldberg and Dagan 2015, "Improving distributional similarity with lessons
 * learned from word embeddings", section 3).
 * @returns [V, V], V the size of the store's vocabulary; words are rows, contexts columns
 */
export function positiveMutualInformation(store: TokenStore, options: CooccurrenceOptions = {}): SparseMatrix {
  const size = store.vocabSize
  const { keys, counts } = countPairs(store, options)
  const frequencies = new Float64Array(size)
  const rowLengths = new Uint32Array(size)
  forEachCell(size, keys, (row, _, pair) => {
    frequencies[row] += counts[pair]
  })
  const total = frequencies.reduce((sum, count) => sum + count ** smoothing, 0)
  const contexts = frequencies.map((count) => count ** smoothing / total)
  const information = (row: number, column: number, pair: number) =>
    Math.log(counts[pair] / (frequencies[row] * contexts[column]))
  forEachCell(size, keys, (row, column, pair) => {
    if (information(row, column, pair) > 0) rowLengths[row]++
  })
  const rowStarts = new Uint32Array(size + 1)
  for (let row = 0; row < size; row++) rowStarts[row + 1] = rowStarts[row] + rowLengths[row]
  const columns = new Uint32Array(rowStarts[size])
  const values = new Float32Array(rowStarts[size])
  const filled = rowStarts.slice(0, size)
  forEachCell(size, keys, (row, column, pair) => {
    const value = information(row, column, pair)
    if (value <= 0) return
    columns[filled[row]] = column
    values[filled[row]++] = value
  })
  return { rows: size, columns: size, rowStarts, columnOf: columns, values }
}

/** Calls for each cell of the symmetric matrix of counts that is not 0. */
function forEachCell(
  size: number,
  keys: Float64Array,
  visit: (row: number, column: number, pair: number) => void,
): void {
  for (let pair = 0; pair < keys.length; pair++) {
    const low = Math.floor(keys[pair] / size)
    const high = keys[pair] - low * size
    visit(low, high, pair)
    if (low !== high) visit(high, low, pair)
  }
}

function countPairs(store: TokenStore, { window = 10, documents }: CooccurrenceOptions): PairCounts {
  const { vocabSize, documentStarts, sentenceStarts } = store
  const gathered = new Float64Array(pairsAtOnce)
  let used = 0
  let all: PairCounts = { keys: new Float64Array(0), counts: new Float64Array(0) }
  const flush = () => {
    all = merge(all, runs(gathered.subarray(0, used).sort()))
    used = 0
  }
  const count = documents?.length ?? documentStarts.length - 1
  for (let d = 0; d < count; d++) {
    const document = documents?.[d] ?? d
    const start = sentenceStarts[documentStarts[document]]
    const ids = new Int32Array(sentenceStarts[documentStarts[document + 1]] - start)
    store.read(start, ids.length, ids)
    for (let i = 0; i < ids.length; i++) {
      const last = Math.min(ids.length - 1, i + window)
      for (let j = i + 1; j <= last; j++) {
        if (used === pairsAtOnce) flush()
        // A token beside itself stands twice in its row, once from either side.
        const [low, high] = ids[i] < ids[j] ? [ids[i], ids[j]] : [ids[j], ids[i]]
        gathered[used++] = low * vocabSize + high
      }
    }
  }
  flush()
  all.keys.forEach((key, pair) => {
    if (Math.floor(key / vocabSize) === key % vocabSize) all.counts[pair] *= 2
  })
  return all
}

/** Sorted keys as distinct ones with counts. */
function runs(sorted: Float64Array): PairCounts {
  let distinct = 0
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) distinct++
  const keys = new Float64Array(distinct)
  const counts = new Float64Array(distinct)
  let at = -1
  for (let i = 0; i < sorted.length; i++) {
    if (at < 0 || sorted[i] !== keys[at]) keys[++at] = sorted[i]
    counts[at]++
  }
  return { keys, counts }
}

function merge(a: PairCounts, b: PairCounts): PairCounts {
  const keys = new Float64Array(a.keys.length + b.keys.length)
  const counts = new Float64Array(keys.length)
  let used = 0
  for (let i = 0, j = 0; i < a.keys.length || j < b.keys.length; used++) {
    const fromA = i < a.keys.length && !(b.keys[j] < a.keys[i])
    const fromB = j < b.keys.length && !(a.keys[i] < b.keys[j])
    keys[used] = fromA ? a.keys[i] : b.keys[j]
    counts[used] = (fromA ? a.counts[i++] : 0) + (fromB ? b.counts[j++] : 0)
  }
  return { keys: keys.slice(0, used), counts: counts.slice(0, used) }
}
