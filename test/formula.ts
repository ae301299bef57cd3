/** Weights, ids and labels by a formula that scripts/fixtures/parity.py repeats, so that fixtures hold answers alone. */
import { collateMaskedLm, collateSequences, type EncodedSequence, IGNORED_LABEL } from '../src/data/collator.ts'
import type { ModelBatch } from '../src/models/batch-inputs.ts'
import type { EncoderModel } from '../src/models/model.ts'

/** Value `index` of a name's stream: murmur3's finaliser over a Weyl sequence that starts at the name's FNV-1a hash. */
export function draw(name: string): (index: number) => number {
  let key = 0x811c9dc5
  for (const byte of new TextEncoder().encode(name)) key = Math.imul(key ^ byte, 0x01000193)
  return (index) => {
    let x = (Math.imul(index, 0x9e3779b1) + key) | 0
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
    return (x ^ (x >>> 16)) >>> 0
  }
}

/** Uniform with a standard deviation of 0.05 around 0, LayerNorm's weights around 1. */
export function formulaWeights(name: string, count: number): Float32Array {
  const bits = draw(name)
  const centre = name.endsWith('LayerNorm.weight') ? 1 : 0
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++) values[i] = (bits(i) / 2 ** 32 - 0.5) * 0.1732 + centre
  return values
}

/** `count` integers in [0, limit). */
export function formulaIntegers(name: string, count: number, limit: number): Int32Array {
  const bits = draw(name)
  return Int32Array.from({ length: count }, (_, i) => Math.floor((bits(i) / 2 ** 32) * limit))
}

/** Gives every parameter of a model its formula's values; the `fill` of `EncoderModel.create`. */
export async function fillByFormula(model: EncoderModel): Promise<ReadonlySet<string>> {
  for (const { name, size } of model.layout.slots) await model.setParameter(name, formulaWeights(name, size))
  return new Set(model.layout.slots.map(({ name }) => name))
}

export interface FormulaBatch {
  sequences: EncodedSequence[]
  /** With a class for each sequence. */
  classification: ModelBatch
  /** With every fifth token or so to be predicted. */
  maskedLm: ModelBatch
  /** The same with a label for each pair of segments, and numbers to draw tokens with. */
  pretraining: ModelBatch
}

/** Sequences of these lengths in two segments, with labels for either head. */
export function formulaBatch(lengths: readonly number[], vocabSize: number, classes: number): FormulaBatch {
  const longest = Math.max(...lengths)
  const cells = lengths.length * longest
  const ids = formulaIntegers('ids', cells, vocabSize - 5)
  const picked = formulaIntegers('picked', cells, 5)
  const targets = formulaIntegers('labels', cells, vocabSize)
  const items = lengths.map((length, b) => {
    const tokens = <T>(value: (cell: number, t: number) => T) =>
      Array.from({ length }, (_, t) => value(b * longest + t, t))
    return {
      ids: Int32Array.from(tokens((cell) => ids[cell] + 5)),
      typeIds: Int32Array.from(tokens((_, t) => (t >= Math.floor(length / 2) ? 1 : 0))),
      labels: Int32Array.from(
        tokens((cell) => (picked[cell] === 0 || cell === 1 ? targets[cell] : IGNORED_LABEL)), // at least cell (0, 1)
      ),
    }
  })
  const masked = collateMaskedLm(items)
  const bits = draw('uniform')
  const uniform = Float32Array.from(masked.labels, (_, i) => bits(i) / 2 ** 32)
  return {
    sequences: items,
    classification: { ...collateSequences(items), labels: formulaIntegers('labels', lengths.length, classes) },
    maskedLm: masked,
    pretraining: { ...masked, pairLabels: formulaIntegers('pairs', lengths.length, 2), uniform },
  }
}
