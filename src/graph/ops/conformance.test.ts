/**
 * The conformance loop: every op of the table, on each of its samples, for both targets, against PyTorch's recorded answers and
 * against central differences in float64.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type FilledTensor, lossWeights, type OpCase, opCases } from '../../../test/op-samples.ts'
import type { Tensor } from '../../runtime/backend.ts'
import { onnxRuntimeBackend } from '../../runtime/node/onnxruntime.ts'
import { gradients } from '../autodiff.ts'
import { constantData, type DType, Graph, isFloat, type Target, type Value } from '../graph.ts'
import { toOnnx } from '../onnx.ts'
import { verify } from '../verify.ts'
import { mul } from './elementwise.ts'
import { ops } from './index.ts'
import { reduceSum } from './reduce.ts'

interface Answer {
  outputs: { shape: number[]; values: number[] }[]
  /** One for each float input; null where the output does not depend on it. */
  gradients?: (number[] | null)[]
}

const answers = JSON.parse(readFileSync(new URL('./conformance.fixture.json', import.meta.url), 'utf8')) as Record<
  string,
  Answer
>

/** float32 rounding (6e-8) through the longest chain, LayerNormalization's gradient; answers are float64, rounded to 9 digits. */
const float32Tolerance = 1e-6
/** The error of a central difference with a step of 1e-5 in float64. */
const differenceTolerance = 1e-8

/** Ops that the engine cannot compute in float64, and what it says then. */
const noFloat64: { op: string; reason: string; message: RegExp }[] = [
  { op: 'Erf', reason: 'ONNX Runtime has no float64 kernel', message: /implementation for Erf/ },
  { op: 'Gelu', reason: 'ONNX Runtime has no float64 kernel of Erf', message: /implementation for Erf/ },
  {
    op: 'LayerNormalization',
    reason: 'its statistics, which the gradient uses, are float32 in ONNX for every input type',
    message: /tensor\(double\).*tensor\(float\)/,
  },
]

const backend = onnxRuntimeBackend({ threads: 1 })
const cases = opCases()

test('every op has a name of its own and a sample, every skip an op, and no answer is left over', () => {
  const names = ops.map((op) => op.name)
  expect(new Set(names).size).toBe(names.length)
  expect(ops.filter((op) => op.samples.length === 0)).toEqual([])
  expect(noFloat64.filter(({ op }) => !names.includes(op))).toEqual([])
  const expected = ['versions', ...cases.map(({ key }) => key)]
  expect(Object.keys(answers).sort(), 'run scripts/fixtures/ops.ts and ops.py').toEqual(expected.sort())
})

describe.each(cases)('$key', (opCase) => {
  const answer = answers[opCase.key]

  test('is recorded', () => {
    expect(answer, 'run scripts/fixtures/ops.ts and ops.py').toBeDefined()
  })

  test.each<Target>(['cpu', 'portable'])('values, types and gradients on %s', async (target) => {
    expect(answer, 'run scripts/fixtures/ops.ts and ops.py').toBeDefined()
    const { graph, outputs, loss, floats } = build(opCase, 'float32')
    expect(outputs.length).toBe(answer.outputs.length)
    const wanted = differentiable(opCase) ? floats.filter((_, i) => answer.gradients![i] !== null) : []
    gradientsOf(loss, wanted).forEach((gradient, i) => {
      graph.output(`gradient ${wanted[i].name}`, gradient)
    })
    verify(graph)
    const results = await run(graph, target, feeds(opCase, 'float32'))
    outputs.forEach((output, i) => {
      const result = results[`output ${i}`]
      expect(result.dtype).toBe(output.dtype)
      expect([...result.dims]).toEqual(output.shape)
      expect([...result.dims]).toEqual(answer.outputs[i].shape)
      expectClose(result, answer.outputs[i].values, float32Tolerance)
    })
    floats.forEach((input, i) => {
      if (wanted.includes(input)) {
        expect(results[`gradient ${input.name}`].dims).toEqual(input.shape)
        expectClose(results[`gradient ${input.name}`], answer.gradients![i]!, float32Tolerance)
      } else if (differentiable(opCase)) {
        expect(() => gradients(loss, [input])).toThrow(`does not depend on "${input.name}"`)
      }
    })
  })

  const skip = noFloat64.find(({ op }) => op === opCase.op.name)
  if (skip) {
    test(`cannot run in float64: ${skip.reason}`, async () => {
      const { graph, loss, floats } = build(opCase, 'float64')
      gradientsOf(loss, floats).forEach((gradient, i) => {
        graph.output(`gradient ${i}`, gradient)
      })
      await expect(run(graph, 'portable', feeds(opCase, 'float64'))).rejects.toThrow(skip.message)
    })
  } else if (differentiable(opCase)) {
    test('gradients are central differences', () => compareWithDifferences(opCase, answer))
  }
})

test('an op without a gradient says so', () => {
  for (const opCase of cases) {
    if (typeof opCase.op.gradient === 'function') continue
    const { loss, floats } = build(opCase, 'float32')
    if (!isFloat(loss.dtype)) continue // no gradient can reach it
    expect(() => gradients(loss, floats.slice(0, 1))).toThrow(`${opCase.op.name} in the graph has no gradient`)
  }
})

const varies = ({ dtype, fixed }: FilledTensor): boolean => isFloat(dtype) && !fixed

const differentiable = ({ op, inputs }: OpCase): boolean => typeof op.gradient === 'function' && inputs.some(varies)

/** The op on inputs of the sample's types, and the weighted sum of its first output. */
function build({ key, op, attributes, inputs }: OpCase, float: DType) {
  const graph = new Graph()
  const values = inputs.map(({ dtype, shape }, i) => graph.input(`input ${i}`, isFloat(dtype) ? float : dtype, shape))
  const outputs = graph.apply(op, values, attributes)
  outputs.forEach((output, i) => {
    graph.output(`output ${i}`, output)
  })
  const shape = answers[key].outputs[0].shape
  const count = shape.reduce((product, dim) => product * dim, 1)
  const weights = graph.constant(lossWeights(key, count), outputs[0].dtype, shape)
  return {
    graph,
    outputs,
    loss: reduceSum(mul(outputs[0], weights)),
    floats: values.filter((_, i) => varies(inputs[i])),
  }
}

function gradientsOf(loss: Value, values: Value[]): Value[] {
  return values.length === 0 ? [] : gradients(loss, values)
}

function feeds({ inputs }: OpCase, float: DType): Record<string, Tensor> {
  return Object.fromEntries(inputs.map((input, i) => [`input ${i}`, tensor(input, float)]))
}

function tensor({ dtype, shape, values }: FilledTensor, float: DType): Tensor {
  const type = isFloat(dtype) ? float : dtype
  return { dtype: type, data: constantData(type, values), dims: shape }
}

async function run(graph: Graph, target: Target, inputs: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const session = await backend.createSession(toOnnx(graph, target))
  try {
    return await session.run(inputs, Object.fromEntries([...graph.outputs.keys()].map((name) => [name, null])))
  } finally {
    await session.release()
  }
}

function expectClose({ data }: Tensor, expected: readonly number[], tolerance: number): void {
  expect(data.length).toBe(expected.length)
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(Number(data[i]) - expected[i])
    expect(error, `element ${i}: ${data[i]} against ${expected[i]}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(expected[i])),
    )
  }
}

/** d loss / d x by moving each element of each float input a little up and down. */
async function compareWithDifferences(opCase: OpCase, answer: Answer): Promise<void> {
  const { graph, loss, floats } = build(opCase, 'float64')
  const wanted = floats.filter((_, i) => answer.gradients![i] !== null)
  const forward = new Graph()
  Object.assign(forward, { inputs: graph.inputs, constants: graph.constants, nodes: [...graph.nodes] })
  forward.output('loss', loss)
  const inputs = feeds(opCase, 'float64')
  const session = await backend.createSession(toOnnx(forward, 'portable'))
  const lossAt = async () => Number((await session.run(inputs, { loss: null })).loss.data[0])
  const differences: number[][] = []
  const step = 1e-5
  for (const { name } of wanted) {
    const data = inputs[name].data as Float64Array
    const slopes: number[] = []
    for (let i = 0; i < data.length; i++) {
      const kept = data[i]
      data[i] = kept + step
      const above = await lossAt()
      data[i] = kept - step
      const below = await lossAt()
      data[i] = kept
      slopes.push((above - below) / (2 * step))
    }
    differences.push(slopes)
  }
  await session.release()
  gradientsOf(loss, wanted).forEach((gradient, i) => {
    graph.output(`gradient ${wanted[i].name}`, gradient)
  })
  const results = await run(graph, 'portable', inputs)
  wanted.forEach(({ name }, i) => {
    expectClose(results[`gradient ${name}`], differences[i], differenceTolerance)
  })
}
