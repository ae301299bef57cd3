import { ShapeError } from '../../core/errors.ts'
import { formatShape, sameShape } from '../../core/shape.ts'
import { apply, type Op, type Value } from '../graph.ts'

/**
 * y = x mask / (1 - p), where the mask is an input of zeros and ones (Srivastava et al. 2014, "inverted" form).
 * x: [...], mask: uint8 of the same shape
 */
export const MaskedScale: Op = {
  name: 'MaskedScale',
  infer: ([x, mask]) => {
    if (!sameShape(x.shape, mask.shape) || mask.dtype !== 'uint8') {
      throw new ShapeError(
        'DROPOUT',
        `the mask must be uint8${formatShape(x.shape)}, not ${mask.dtype}${formatShape(mask.shape)}`,
      )
    }
    return [{ dtype: x.dtype, shape: x.shape }]
  },
  // dy/dx = mask / (1 - p)
  gradient: ({ node, inputs: [, mask], outputGradients: [dy] }) => [
    apply(MaskedScale, [dy!, mask], node.attributes),
    undefined,
  ],
  emit: (node, emitter) => {
    const [x, mask] = node.inputs
    const factor = 1 / (1 - Number(node.attributes.p))
    const factors = emitter.fresh('factors')
    if (x.dtype === 'float32') {
      // DequantizeLinear turns bytes into scaled floats in one pass.
      emitter.node('DequantizeLinear', [mask.name, emitter.scalar(factor, 'float32')], [factors])
    } else {
      const ones = emitter.fresh('ones')
      emitter.node('Cast', [mask.name], [ones], { to: emitter.elementType(x.dtype) })
      emitter.node('Mul', [ones, emitter.scalar(factor, x.dtype)], [factors])
    }
    emitter.node('Mul', [x.name, factors], [node.outputs[0].name])
  },
  samples: [{ inputs: [{ shape: [3, 5] }, { shape: [3, 5], dtype: 'uint8', range: [0, 1] }], attributes: { p: 0.3 } }],
}

/** Zeroes the elements of x where `mask` is 0 and scales the others by 1 / (1 - p). */
export const maskedScale = (x: Value, mask: Value, p: number): Value => apply(MaskedScale, [x, mask], { p })
