import { hash32 } from '../../core/random.ts'
import type { FeatureSets } from './word-features.ts'

/** Texts that share so much of their features together are near-duplicates. */
export const nearThreshold = 0.7
/** So many texts are compared with each at most, those that share its rarest feature first. */
const mostCandidates = 1000

/** A text that is nearly the same as an earlier one. */
export interface NearDuplicate {
  /** Its number. */
  index: number
  /** The number of an earlier text: one that is near enough, not always the nearest. */
  match: number
  /** Jaccard similarity of their features, in [0, 1]; of a pair of texts the lower one. */
  similarity: number
}

export interface NearDuplicateOptions {
  /** Samples that are left out, such as those known to be exact duplicates. Default: none. */
  skip?: (index: number) => boolean
  /** Samples that later ones are compared with. Default: all. */
  keep?: (index: number) => boolean
}

/**
 * Finds the samples that have an earlier one whose features are at least 70 % the same in each of its texts.
 *
 * Two sets with a Jaccard similarity of t or more must share one of the first |x| - ceil(t |x|) + 1 features of each in any fixed
 * order (prefix filtering: Chaudhuri et al. 2006, Bayardo et al. 2007). With the rarest first few texts share one, so an index of
 * those prefixes finds every such pair, and no pair that is found is wrong: unlike MinHash this is exact, up to the limit of 1,000
 * comparisons a text.
 */
export function findNearDuplicates(sets: FeatureSets, options: NearDuplicateOptions = {}): NearDuplicate[] {
  const { skip = () => false, keep = () => true } = options
  const { values, offsets, width } = sets
  const samples = (offsets.length - 1) / width
  const slots = 2 ** Math.max(10, Math.ceil(Math.log2(values.length + 1)))
  const slotOf = (value: number) => value & (slots - 1)
  const frequency = new Uint32Array(slots) // of features that share a slot together: that decides their order, and nothing else
  for (const value of values) frequency[slotOf(value)]++
  const index = createIndex(slots, Math.ceil(values.length * (1 - nearThreshold)) + samples)
  const seen = new Int32Array(samples).fill(-1)
  let keys = new Float64Array(256)
  const found: NearDuplicate[] = []

  for (let i = 0; i < samples; i++) {
    const start = offsets[i * width]
    const size = offsets[(i + 1) * width] - start
    if (size === 0 || skip(i)) continue
    if (keys.length < size) keys = new Float64Array(2 * size)
    for (let f = 0; f < size; f++) {
      const value = values[start + f]
      keys[f] = frequency[slotOf(value)] * 2 ** 32 + value
    }
    const prefix = keys
      .subarray(0, size)
      .sort()
      .subarray(0, size - Math.ceil(nearThreshold * size) + 1)
    const match = search(i, prefix)
    if (match) found.push(match)
    if (keep(i)) for (const key of prefix) index.add(key % 2 ** 32, i)
  }
  return found

  function search(i: number, prefix: Float64Array): NearDuplicate | undefined {
    let compared = 0
    for (const key of prefix) {
      const value = key % 2 ** 32
      for (let entry = index.first(value); entry >= 0; entry = index.next(entry)) {
        const other = index.owner(entry, value)
        if (other < 0 || seen[other] === i) continue
        seen[other] = i
        const similarity = leastSimilarity(i, other)
        if (similarity >= nearThreshold) return { index: i, match: other, similarity }
        if (++compared >= mostCandidates) return undefined
      }
    }
    return undefined
  }

  /** Of the texts of a pair the less similar ones; 0 as soon as that is below the threshold. */
  function leastSimilarity(i: number, other: number): number {
    let least = 1
    for (let t = 0; t < width; t++) {
      least = Math.min(least, jaccard(i * width + t, other * width + t))
      if (least < nearThreshold) return 0
    }
    return least
  }

  function jaccard(i: number, j: number): number {
    let [a, b] = [offsets[i], offsets[j]]
    const [endA, endB] = [offsets[i + 1], offsets[j + 1]]
    const [sizeA, sizeB] = [endA - a, endB - b]
    // Sets whose sizes differ more than the threshold cannot be similar.
    if (Math.min(sizeA, sizeB) < nearThreshold * Math.max(sizeA, sizeB)) return 0
    if (sizeA === 0) return 1
    let shared = 0
    while (a < endA && b < endB) {
      const [x, y] = [values[a], values[b]]
      if (x === y) shared++
      if (x <= y) a++
      if (y <= x) b++
    }
    return shared / (sizeA + sizeB - shared)
  }
}

/** Which samples have a feature in their prefix: lists that are linked, the newest entry first. */
function createIndex(slots: number, capacity: number) {
  const heads = new Int32Array(slots).fill(-1)
  const nexts = new Int32Array(capacity)
  const features = new Uint32Array(capacity)
  const owners = new Int32Array(capacity)
  let length = 0
  const bucket = (feature: number) => hash32(feature) & (slots - 1)
  return {
    add(feature: number, owner: number) {
      const head = bucket(feature)
      nexts[length] = heads[head]
      features[length] = feature
      owners[length] = owner
      heads[head] = length++
    },
    first: (feature: number) => heads[bucket(feature)],
    next: (entry: number) => nexts[entry],
    /** -1 if the entry is of another feature in the same list. */
    owner: (entry: number, feature: number) => (features[entry] === feature ? owners[entry] : -1),
  }
}
