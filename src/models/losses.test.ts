/** Losses and their gradients against PyTorch: the answers are those of scripts/fixtures/losses.py. */
import { describe, expect, test } from 'vitest'
import { gradients } from '../graph/autodiff.ts'
import { constantData, Graph, type Value } from '../graph/graph.ts'
import { toOnnx } from '../graph/onnx.ts'
import type { Tensor } from '../runtime/backend.ts'
import { onnxRuntimeBackend } from '../runtime/node/onnxruntime.ts'
import { lossScales, type ModelBatch } from './batch-inputs.ts'
import { checkLossOptions, type LossOptions } from './loss-options.ts'
import fixture from './losses.fixture.json' with { type: 'json' }
import { binaryCrossEntropy, crossEntropy, squaredError } from './losses.ts'

/** Absolute, of losses up to 100 and gradients below 1: rounding in tens of operations. */
const tolerances = { float64: 1e-13, float32: 1e-6 }
type Float = keyof typeof tolerances
const floats = Object.keys(tolerances) as Float[]

const backend = onnxRuntimeBackend({ threads: 1 })
const [N, C] = [7, 5]
const labels = Int32Array.from(fixture.labels)
const targets = Float32Array.from(fixture.targets)

/** The loss of logits [7, 5] and its gradient. */
async function lossOf(
  dtype: Float,
  logits: readonly number[],
  factor: number,
  build: (inputs: { logits: Value; labels: Value; targets: Value; factor: Value }) => Value,
): Promise<{ loss: number; gradient: number[] }> {
  const graph = new Graph()
  const inputs = {
    logits: graph.input('logits', dtype, ['rows', C]),
    labels: graph.input('labels', 'int32', ['rows']),
    targets: graph.input('targets', dtype, ['rows', C]),
    factor: graph.input('factor', dtype, []),
  }
  const loss = build(inputs)
  graph.output('loss', loss)
  graph.output('gradient', gradients(loss, [inputs.logits])[0])
  const tensor = (values: readonly number[], dims: number[]): Tensor => ({
    dtype,
    data: constantData(dtype, values),
    dims,
  })
  const feeds: Record<string, Tensor> = {
    logits: tensor(logits, [N, C]),
    labels: { dtype: 'int32', data: labels, dims: [N] },
    targets: tensor(fixture.targets, [N, C]),
    factor: tensor([factor], []),
  }
  const session = await backend.createSession(toOnnx(graph))
  const { loss: value, gradient } = await session.run(feeds, { loss: null, gradient: null })
  await session.release()
  return { loss: Number(value.data[0]), gradient: Array.from(gradient.data as Float64Array) }
}

function expectClose(
  actual: { loss: number; gradient: number[] },
  answer: { loss: number; gradient: number[] },
  tolerance: number,
): void {
  expect(Math.abs(actual.loss / answer.loss - 1)).toBeLessThan(tolerance)
  actual.gradient.forEach((each, i) => {
    expect(Math.abs(each - answer.gradient[i]), `gradient ${i}`).toBeLessThan(tolerance)
  })
}

describe.each(floats)('in %s', (dtype) => {
  const cases = fixture.crossEntropy as {
    logits: 'plain' | 'extreme'
    options: LossOptions
    loss: number
    gradient: number[]
  }[]
  test.each(cases)('cross-entropy of $logits logits with $options', async ({ logits, options, ...answer }) => {
    const { labels: factor } = lossScales([{ labels } as unknown as ModelBatch], options.classWeights)
    const actual = await lossOf(dtype, fixture.logits[logits], factor, (x) =>
      crossEntropy(x.logits, x.labels, x.factor, options),
    )
    expectClose(actual, answer, tolerances[dtype])
  })

  test('binary cross-entropy, also of logits of 0 and where its exponentials overflow', async () => {
    const { targets: factor } = lossScales([{ targets } as unknown as ModelBatch])
    const actual = await lossOf(dtype, fixture.logits.binary, factor, (x) =>
      binaryCrossEntropy(x.logits, x.targets, x.factor),
    )
    expectClose(actual, fixture.binaryCrossEntropy, tolerances[dtype])
  })

  test('squared error', async () => {
    const { targets: factor } = lossScales([{ targets } as unknown as ModelBatch])
    const actual = await lossOf(dtype, fixture.logits.plain, factor, (x) => squaredError(x.logits, x.targets, x.factor))
    expectClose(actual, fixture.squaredError, tolerances[dtype])
  })
})

test('focal loss has a finite gradient where the model is entirely sure, for a gamma below 1 too', async () => {
  for (const dtype of floats) {
    const { loss, gradient } = await lossOf(dtype, fixture.logits.extreme, 1 / N, (x) =>
      crossEntropy(x.logits, x.labels, x.factor, { focalGamma: 0.5 }),
    )
    for (const value of [loss, ...gradient]) expect(Number.isFinite(value)).toBe(true)
    expect(Math.max(...gradient.slice(0, C).map(Math.abs))).toBeLessThan(1e-6) // the first row is right
  }
})

describe('the factor of a mean', () => {
  const batchOf = (...labels: number[]) => ({ labels: Int32Array.from(labels), size: labels.length }) as ModelBatch

  test('is that of all micro-batches, by the weights of their classes', () => {
    const batches = [batchOf(0, 1, 1), batchOf(2)]
    expect(lossScales(batches).labels).toBe(1 / 4)
    expect(lossScales(batches, [0.5, 0.25, 2]).labels).toBe(1 / 3)
  })

  test('is a number where there is nothing to divide by', () => {
    expect(lossScales([batchOf()]).labels).toBe(1)
    expect(lossScales([batchOf(1, 1)], [1, 0]).labels).toBe(1)
  })
})

test.each<[LossOptions, string, RegExp]>([
  [{ labelSmoothing: -0.1 }, 'LABEL_SMOOTHING', /0 to 1, not -0\.1/],
  [{ labelSmoothing: 1.5 }, 'LABEL_SMOOTHING', /1\.5/],
  [{ labelSmoothing: Number.NaN }, 'LABEL_SMOOTHING', /NaN/],
  [{ focalGamma: -1 }, 'FOCAL_GAMMA', /-1/],
  [{ focalGamma: Number.POSITIVE_INFINITY }, 'FOCAL_GAMMA', /Infinity/],
  [{ classWeights: [1, 2] }, 'CLASS_WEIGHTS', /2 class weights for 3 classes/],
  [{ classWeights: [1, -2, 1] }, 'CLASS_WEIGHTS', /"spam".*-2/],
  [{ classWeights: [1, 1, Number.NaN] }, 'CLASS_WEIGHTS', /"other".*NaN/],
  [{ classWeights: [1, 1e40, 1] }, 'CLASS_WEIGHTS', /"spam".*3.4e38, not 1e\+40/],
  [{ classWeights: [0, 0, 0] }, 'CLASS_WEIGHTS', /all .* 0/],
  [{ classWeights: [0, 1e-50, 0] }, 'CLASS_WEIGHTS', /all .* 0/], // 0 as float32
])('%j is refused', (options, code, message) => {
  const names = ['ham', 'spam', 'other']
  expect(() => checkLossOptions(options, names)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  )
})
