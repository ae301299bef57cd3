import { hash32 } from '../../core/random.ts'

/** Words of a text beyond this are not looked at: a model does not see them either. */
const mostWords = 512

/** Sets of features, one a text, behind one another. N samples of at most `width` texts. */
export interface FeatureSets {
  /** uint32, ascending within each set */
  values: Uint32Array
  /** float64 [N * width + 1]: text t of sample i has `values[offsets[i * width + t] .. offsets[i * width + t + 1]]`. */
  offsets: Float64Array
  width: number
}

/**
 * The words of texts and the pairs of neighbouring words, with the beginning and the end as neighbours, each as a hash. Case,
 * punctuation and spacing do not count; characters of scripts without spaces are words. Equal words of the first and of the second
 * text of a pair are different features.
 */
export function wordFeatures(samples: readonly { texts: readonly string[] }[]): FeatureSets {
  const width = samples.reduce((most, { texts }) => Math.max(most, texts.length), 1)
  const offsets = new Float64Array(samples.length * width + 1)
  const words = new Uint32Array(mostWords)
  const buffer = new Uint32Array(2 * mostWords + 1)
  let values = new Uint32Array(Math.max(1024, samples.length * 48))
  let length = 0
  samples.forEach(({ texts }, i) => {
    for (let t = 0; t < width; t++) {
      const size = t < texts.length ? writeFeatures(texts[t], hash32(t + 1), words, buffer) : 0
      const sorted = buffer.subarray(0, size).sort()
      if (length + size > values.length) values = grown(values, length + size)
      for (let f = 0; f < size; f++) if (f === 0 || sorted[f] !== sorted[f - 1]) values[length++] = sorted[f]
      offsets[i * width + t + 1] = length
    }
  })
  return { values: values.subarray(0, length), offsets, width }
}

/** Writes the features of a text, equal ones too, and returns how many there are. */
function writeFeatures(text: string, key: number, words: Uint32Array, out: Uint32Array): number {
  const found = hashWords(text, words)
  if (found === 0) return 0
  let size = 0
  let previous = 0
  for (let w = 0; w < found; w++) {
    out[size++] = hash32(words[w] ^ key)
    out[size++] = hash32(words[w] ^ hash32(previous + key))
    previous = words[w]
  }
  out[size++] = hash32(hash32(previous + key) ^ 1)
  return size
}

function grown(values: Uint32Array, least: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(least, 2 * values.length))
  larger.set(values)
  return larger
}

/** Writes the hashes of a text's words and returns how many there are. */
function hashWords(text: string, words: Uint32Array): number {
  let found = 0
  let hash = 0
  for (let i = 0; i < text.length && found < mostWords; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 127) return hashWordsOfAnyScript(text, words)
    const isWord = (unit >= 97 && unit <= 122) || (unit >= 48 && unit <= 57) || (unit >= 65 && unit <= 90)
    if (isWord) hash = Math.imul(hash, 31) + (unit >= 65 && unit <= 90 ? unit + 32 : unit)
    else if (hash !== 0) {
      words[found++] = hash
      hash = 0
    }
  }
  if (hash !== 0 && found < mostWords) words[found++] = hash
  return found
}

const wordPattern =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{M}\p{N}])+|\p{Extended_Pictographic}/gu

function hashWordsOfAnyScript(text: string, words: Uint32Array): number {
  let found = 0
  for (const [word] of text.normalize('NFKC').toLowerCase().matchAll(wordPattern)) {
    let hash = 0
    for (let i = 0; i < word.length; i++) hash = Math.imul(hash, 31) + word.charCodeAt(i)
    words[found++] = hash
    if (found === mostWords) break
  }
  return found
}
