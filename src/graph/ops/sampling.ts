/** Drawing tokens from logits, and putting them in their places. Whole numbers have no gradients. */
import { ShapeError } from '../../core/errors.ts'
import { formatShape, sameShape } from '../../core/shape.ts'
import { apply, type Op, type Value } from '../graph.ts'

/**
 * One column a row, drawn with the probabilities softmax(logits): the first whose cumulative probability exceeds u.
 * logits: [N, C], u: [N, 1] uniform in [0, 1) -> int32 [N]
 */
export const SampleColumn: Op = {
  name: 'SampleColumn',
  infer: ([logits, u]) => {
    const [rows] = logits.shape
    if (logits.shape.length !== 2 || typeof logits.shape[1] !== 'number' || !sameShape(u.shape, [rows, 1])) {
      throw new ShapeError('SAMPLE', `cannot draw from ${formatShape(logits.shape)} with ${formatShape(u.shape)}`)
    }
    return [{ dtype: 'int32', shape: [rows] }]
  },
  gradient: { none: 'what is drawn is a whole number' },
  emit: (node, emitter) => {
    const [logits, u] = node.inputs
    const names = ['probabilities', 'cumulative', 'passed', 'ones', 'count', 'within'].map((hint) =>
      emitter.fresh(hint),
    )
    const [probabilities, cumulative, passed, ones, count, within] = names
    const axis = emitter.constant(BigInt64Array.of(1n), [1])
    emitter.node('Softmax', [logits.name], [probabilities], { axis: 1 })
    emitter.node('CumSum', [probabilities, emitter.constant(BigInt64Array.of(1n), [])], [cumulative])
    emitter.node('LessOrEqual', [cumulative, u.name], [passed])
    emitter.node('Cast', [passed], [ones], { to: emitter.elementType('int32') })
    emitter.node('ReduceSum', [ones, axis], [count], { keepdims: 0 })
    // Rounding may leave the sum of all a little below 1, and u above it.
    emitter.node('Min', [count, emitter.scalar((logits.shape[1] as number) - 1, 'int32')], [within])
    emitter.node('Identity', [within], [node.outputs[0].name])
  },
  samples: [
    {
      inputs: [
        { shape: [5, 7], range: [-3, 3] },
        { shape: [5, 1], fixed: true, values: [0, 0.31, 0.62, 0.9, 0.9999] },
      ],
    },
  ],
}

/** Y = data with values[i] at place indices[i]. data: int32 [N], indices: int32 [M], values: int32 [M] -> [N] */
export const ReplaceAt: Op = {
  name: 'ReplaceAt',
  infer: ([data, indices, values]) => {
    if (data.shape.length !== 1 || indices.shape.length !== 1 || !sameShape(indices.shape, values.shape)) {
      throw new ShapeError(
        'REPLACE',
        `values ${formatShape(values.shape)} do not fit ${formatShape(indices.shape)} places`,
      )
    }
    return [{ dtype: data.dtype, shape: data.shape }]
  },
  gradient: { none: 'it moves whole numbers' },
  emit: (node, emitter) => {
    const inputs = node.inputs.map(({ name }) => name)
    emitter.node('ScatterElements', inputs, [node.outputs[0].name], { axis: 0 })
  },
  samples: [
    {
      inputs: [
        { shape: [7], dtype: 'int32', range: [0, 9] },
        { shape: [3], dtype: 'int32', values: [6, 0, 2] },
        { shape: [3], dtype: 'int32', range: [10, 19] },
      ],
    },
  ],
}

export const sampleColumn = (logits: Value, u: Value): Value => apply(SampleColumn, [logits, u])
export const replaceAt = (data: Value, indices: Value, values: Value): Value =>
  apply(ReplaceAt, [data, indices, values])
