import { apply, type Op, type Value } from '../graph.ts'
import { add, erf, exp, mul, neg, scale, shift, tanh } from './elementwise.ts'

/** y = x Phi(x), Phi the normal distribution function (Hendrycks and Gimpel 2016, the exact form). */
export const Gelu: Op = {
  name: 'Gelu',
  infer: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
  // dy/dx = Phi(x) + x phi(x). With a = x / sqrt 2: Phi = (1 + erf a) / 2 and x phi(x) = a e^(-a^2) / sqrt(pi).
  gradient: ({ inputs: [x], outputGradients: [dy] }) => {
    const a = scale(x, Math.SQRT1_2)
    const density = mul(a, exp(neg(mul(a, a))))
    const slope = add(shift(scale(erf(a), 0.5), 0.5), scale(density, 1 / Math.sqrt(Math.PI)))
    return [mul(dy!, slope)]
  },
  emit: (node, emitter) => {
    const domain = emitter.target === 'cpu' ? 'com.microsoft' : undefined
    emitter.node('Gelu', [node.inputs[0].name], [node.outputs[0].name], {}, domain)
  },
  samples: [{ inputs: [{ shape: [3, 5], range: [-3, 3] }] }],
}

export const gelu = (x: Value): Value => apply(Gelu, [x])

/** The tanh form: y = x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))); "gelu_new" in Hugging Face's files. */
export function geluTanh(x: Value): Value {
  const cubic = shift(scale(mul(x, x), 0.044715), 1) // 1 + 0.044715 x^2
  const inner = scale(mul(x, cubic), Math.sqrt(2 / Math.PI))
  return mul(scale(x, 0.5), shift(tanh(inner), 1))
}
