/** TensorFlow.js' side of the comparison of matrix products: its WebAssembly backend, one thread as always in Node. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { answerLines } from './answer-lines.ts'
import type { ProductRequest } from './protocol.ts'
import { operandDims, repeat, someValues } from './time-product.ts'

const require = createRequire(import.meta.url)
const tf = require('@tensorflow/tfjs-core') as typeof import('@tensorflow/tfjs-core')
const wasm = require('@tensorflow/tfjs-backend-wasm') as typeof import('@tensorflow/tfjs-backend-wasm')

await answerLines<object, ProductRequest>(async () => {
  wasm.setWasmPaths(`${join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')))}/`)
  await tf.setBackend('wasm')
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')
  const threaded = await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT')
  return {
    ready: {
      versions: { tfjs: tf.version_core, backend: `${tf.getBackend()}${simd ? ' with SIMD' : ' without SIMD'}` },
      threads: threaded ? wasm.getThreadsCount() : 1,
    },
    async answer({ product, repeats, budgetSeconds }) {
      const [a, b] = operandDims(product).map((dims) => {
        return tf.tensor(someValues(dims.reduce((count, dim) => count * dim, 1)), dims)
      })
      const seconds = await repeat(repeats, budgetSeconds, () => {
        tf.matMul(a, b, product.transA, product.transB).dispose()
      })
      tf.dispose([a, b])
      return { seconds }
    },
  }
})
