/** bertsmith's side of the comparison of matrix products: times products by the wall clock. */
import { env } from 'onnxruntime-node'
import { onnxRuntimeBackend } from '../src/runtime/node/onnxruntime.ts'
import { answerLines } from './answer-lines.ts'
import type { ProductRequest } from './protocol.ts'
import { timeProduct } from './time-product.ts'

await answerLines<{ threads: number }, ProductRequest>(async ({ threads }) => {
  const backend = onnxRuntimeBackend({ threads })
  return {
    ready: { versions: { onnxruntime: env.versions.node ?? env.versions.common }, threads },
    answer: (request) => timeProduct(backend, request, false),
  }
})
