/** From vectors of tokens to that of a text. H hidden, T tokens. */

/** The vector of the first token, the mean of all, or the largest of each element. */
export type TokenPooling = 'cls' | 'mean' | 'max'

export const tokenPoolings: readonly TokenPooling[] = ['cls', 'mean', 'max']

/** What a window knows of its tokens. */
export interface WindowVector {
  /** float64 [H]: pooled over all tokens of the window. */
  vector: Float64Array
  /** float64 [H]: the sum over its own tokens. */
  sum: Float64Array
  /** Of its own tokens. */
  count: number
}

/**
 * Pools a window's tokens.
 * @param hidden float [T, H], row-major
 * @param own uint8 [T]: 1 for tokens that are counted here and in no other window of the text
 */
export function windowVector(
  hidden: Float32Array | Float64Array,
  own: Uint8Array,
  pooling: TokenPooling,
): WindowVector {
  const tokens = own.length
  const width = hidden.length / tokens
  const vector = Float64Array.from(hidden.subarray(0, width))
  const sum = new Float64Array(width)
  let count = 0
  for (let t = 0; t < tokens; t++) {
    count += own[t]
    for (let i = 0; i < width; i++) {
      const value = hidden[t * width + i]
      sum[i] += own[t] * value
      if (t === 0 || pooling === 'cls') continue
      vector[i] = pooling === 'mean' ? vector[i] + value : Math.max(vector[i], value)
    }
  }
  if (pooling === 'mean') for (let i = 0; i < width; i++) vector[i] /= tokens
  return { vector, sum, count }
}

/**
 * Pools a text's windows: float32 [H]. The mean of means weighs windows by their own tokens, so that it is the mean over the tokens
 * of the text.
 */
export function textVector(
  parts: readonly WindowVector[],
  { pooling, windowPooling, normalize }: { pooling: TokenPooling; windowPooling: 'mean' | 'max'; normalize: boolean },
): Float32Array {
  const byTokens = pooling === 'mean' && windowPooling === 'mean'
  const weight = byTokens ? parts.reduce((total, { count }) => total + count, 0) : parts.length
  const pooled = parts[0].vector.map((_, i) => {
    const values = parts.map(({ vector, sum }) => (byTokens ? sum[i] : vector[i]))
    return windowPooling === 'max' ? Math.max(...values) : values.reduce((total, value) => total + value, 0) / weight
  })
  const length = normalize ? Math.max(Math.hypot(...pooled), 1e-12) : 1
  return Float32Array.from(pooled, (value) => value / length)
}
