/** Reads the fixtures of scripts/fixtures/parity.py and measures how far values are from the answers in them. */
import { readFileSync } from 'node:fs'
import type { BertConfig } from '../src/models/bert-config.ts'
import type { LossOptions } from '../src/models/loss-options.ts'
import { draw } from './formula.ts'

/** What decides a case, from the fixture's metadata. */
export interface AnswerCase {
  config: Partial<BertConfig>
  /** The head's task, where the file's name says more. */
  task?: string
  /** Changes to the loss that is trained on. */
  loss?: LossOptions | null
  /** Tokens of each sequence. */
  lengths: number[]
  /** Of each training step. */
  learningRates: number[]
  weightDecay: number
  maxGradNorm: number
  /** Elements up to which a tensor is stored whole; null: always. */
  limits: { activation: number | null; parameter: number | null }
  /** The reference's names of all parameters. */
  parameters: string[]
}

/** How far a tensor is from its answer. */
export interface Distance {
  /** Largest absolute difference of the stored elements: all of them, or a strided sample. */
  largest: number
  /** Euclidean norm of the difference of the whole tensors; where elements are missing, estimated from their sketch. */
  norm: number
  /** Euclidean norm of the answer. */
  answerNorm: number
}

export class Answers {
  readonly case: AnswerCase
  readonly #tensors: ReadonlyMap<string, Float32Array | Float64Array>

  /** Reads a safetensors file. */
  constructor(file: URL) {
    const bytes = readFileSync(file)
    const start = 8 + Number(bytes.readBigUInt64LE(0))
    const { __metadata__: metadata, ...entries } = JSON.parse(bytes.subarray(8, start).toString('utf8'))
    this.case = JSON.parse(metadata.case)
    this.#tensors = new Map(
      Object.entries(entries as Record<string, { dtype: 'F32' | 'F64'; data_offsets: [number, number] }>).map(
        ([
          name,
          {
            dtype,
            data_offsets: [from, to],
          },
        ]) => {
          const data = new Uint8Array(bytes.subarray(start + from, start + to)).buffer // copied: aligned
          return [name, dtype === 'F32' ? new Float32Array(data) : new Float64Array(data)]
        },
      ),
    )
  }

  /** Names of the answers that start so, without the start. */
  names(start: string): string[] {
    const names = [...this.#tensors.keys()].filter((name) => name.startsWith(start))
    return [...new Set(names.map((name) => name.slice(start.length).replace(/\/(sample|sketch)$/, '')))]
  }

  /** A tensor that is stored whole. */
  get(name: string): Float32Array | Float64Array {
    const tensor = this.#tensors.get(name)
    if (!tensor) throw new Error(`the fixture has no tensor "${name}"`)
    return tensor
  }

  /** Compares a tensor with its answer. @param limit elements up to which it is stored whole */
  distance(name: string, values: Float32Array, limit: number | null): Distance {
    if (limit === null || values.length <= limit) {
      const answer = this.get(name)
      if (answer.length !== values.length)
        throw new Error(`"${name}" has ${values.length} elements, its answer ${answer.length}`)
      return { largest: largestDifference(values, answer), norm: distanceOf(values, answer), answerNorm: norm(answer) }
    }
    const step = stride(values.length, limit)
    const sample = values.filter((_, i) => i % step === 0)
    const expected = this.get(`${name}/sketch`)
    const actual = sketch(name, values)
    // 32 differences of signed sums estimate the squared norm. The factor 4 makes the estimate a bound: the mean of 32
    // squares falls below a quarter of what it estimates once in a million times.
    const estimate = distanceOf(actual.subarray(1), expected.subarray(1)) / Math.sqrt(32)
    return {
      largest: largestDifference(sample, this.get(`${name}/sample`)),
      norm: Math.max(2 * estimate, Math.abs(actual[0] - expected[0])),
      answerNorm: expected[0],
    }
  }
}

/** The largest absolute difference; NaN if there is a NaN or the lengths differ. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN
  let largest = 0
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]))
  return largest
}

/** Euclidean norm of a - b; NaN if the lengths differ. */
export function distanceOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2
  return Math.sqrt(sum)
}

export function norm(a: ArrayLike<number>): number {
  return distanceOf(a, new Uint8Array(a.length))
}

/** float64 [33]: the norm, then 32 sums of the elements under random signs, bit k of the draw for sum k. */
function sketch(name: string, values: Float32Array): Float64Array {
  const sums = new Float64Array(33)
  const bitsOf = draw(name)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (value === 0) continue
    const bits = bitsOf(i)
    for (let k = 0; k < 32; k++) sums[k + 1] += (bits >>> k) & 1 ? value : -value
  }
  sums[0] = norm(values)
  return sums
}

/** The first prime that samples at most `limit` of `count` elements, from 3. */
function stride(count: number, limit: number): number {
  const isPrime = (n: number) => {
    for (let d = 2; d * d <= n; d++) if (n % d === 0) return false
    return true
  }
  let step = Math.max(3, Math.ceil(count / limit))
  while (!isPrime(step)) step++
  return step
}
