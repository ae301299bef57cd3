/** The worker thread that an engine lives in: it answers one call after the other. */
import { parentPort, workerData } from 'node:worker_threads'
import { BertsmithError } from '../../core/errors.ts'
import { ModelHost } from '../model-host.ts'
import type { ParameterLayout } from '../parameter-layout.ts'
import { onnxRuntimeBackend } from './onnxruntime.ts'

/** A method call on the worker's ModelHost. */
export interface Call {
  id: number
  method: keyof ModelHost
  args: unknown[]
}

/** The answer to a call. */
export type Answer =
  | { id: number; result: unknown }
  | { id: number; error: { message: string; code?: string; stack?: string } }

const { layout, threads } = workerData as { layout: ParameterLayout; threads: number }
const host = new ModelHost(onnxRuntimeBackend({ threads }), layout)
const port = parentPort!
let queue = Promise.resolve()

port.on('message', (call: Call) => {
  queue = queue.then(async () => {
    try {
      const method = host[call.method] as (...args: unknown[]) => Promise<unknown>
      const result = await method.apply(host, call.args)
      const transfer = result instanceof Float32Array ? [result.buffer as ArrayBuffer] : []
      port.postMessage({ id: call.id, result } satisfies Answer, transfer)
    } catch (error) {
      const { message, stack } = error as Error
      const code = error instanceof BertsmithError ? error.code : undefined
      port.postMessage({ id: call.id, error: { message, code, stack } } satisfies Answer)
    }
  })
})
