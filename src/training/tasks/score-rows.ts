/**
 * What a model loses on each row, and whether its largest logit is the right one; of equal ones the first counts as the largest.
 * @param logits float32 [N, C]
 * @param labels int32 [N]
 * @returns `losses: float64 [N]`, -log softmax(logits)[label]; `isRight: uint8 [N]`
 */
export function scoreRows(logits: Float32Array, labels: Int32Array): { losses: Float64Array; isRight: Uint8Array } {
  const width = logits.length / Math.max(1, labels.length)
  const losses = new Float64Array(labels.length)
  const isRight = new Uint8Array(labels.length)
  for (let row = 0; row < labels.length; row++) {
    const from = row * width
    let best = from
    for (let i = from + 1; i < from + width; i++) if (logits[i] > logits[best]) best = i
    let sum = 0
    for (let i = from; i < from + width; i++) sum += Math.exp(logits[i] - logits[best])
    losses[row] = Math.log(sum) + logits[best] - logits[from + labels[row]]
    isRight[row] = Number(best === from + labels[row])
  }
  return { losses, isRight }
}

/** Of losses, or of ones and zeros. */
export const sumOf = (values: Iterable<number>): number => {
  let sum = 0
  for (const value of values) sum += value
  return sum
}
