import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { RuntimeError } from '../../core/errors.ts'
import type { CreateEngine, Engine, EngineOptions } from '../engine.ts'
import type { ParameterLayout } from '../parameter-layout.ts'
import type { Answer, Call } from './worker.ts'

/** Starts a worker thread that owns the arrays of `layout` and runs graphs on them. */
export const createEngine: CreateEngine = (layout: ParameterLayout, options: EngineOptions = {}): Engine => {
  const threads = options.threads ?? availableParallelism()
  const worker = startWorker({ layout, threads })
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  let next = 0
  let ended: Error | undefined

  const fail = (error: Error) => {
    ended ??= error
    for (const { reject } of waiting.values()) reject(ended)
    waiting.clear()
    worker.unref()
  }
  worker.on('message', (answer: Answer) => {
    const call = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (waiting.size === 0) worker.unref() // an idle engine keeps no program alive
    if ('error' in answer) {
      const { message, code, stack } = answer.error
      const error = new RuntimeError(code ?? 'ENGINE', message)
      if (stack) error.stack = stack
      call?.reject(error)
    } else {
      call?.resolve(answer.result as never)
    }
  })
  worker.on('error', (error) =>
    fail(new RuntimeError('ENGINE', `the engine's thread failed: ${error.message}`, { cause: error })),
  )
  worker.on('exit', (code) => fail(new RuntimeError('ENGINE_CLOSED', `the engine's thread ended with status ${code}`)))
  worker.unref()

  const call = <T>(method: Call['method'], args: unknown[], transfer: ArrayBuffer[] = []): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (ended) return reject(ended)
      const id = next++
      waiting.set(id, { resolve: resolve as (value: never) => void, reject })
      worker.ref()
      worker.postMessage({ id, method, args } satisfies Call, transfer)
    })

  return {
    threads,
    write: (...args) => call('write', args),
    read: (...args) => call('read', args),
    copy: (...args) => call('copy', args),
    swap: (...args) => call('swap', args),
    loadForward: (...args) => call('loadForward', args),
    forward: (...args) => call('forward', args),
    loadTraining: (...args) => call('loadTraining', args),
    loadGradients: (...args) => call('loadGradients', args),
    step: (...args) => call('step', args),
    gradients: (...args) => call('gradients', args),
    profile: (...args) => call('profile', args),
    async close() {
      if (ended) return
      await call('release', []).catch(() => undefined)
      ended = new RuntimeError('ENGINE_CLOSED', 'the model was closed')
      await worker.terminate()
    },
  }
}

/** Compiled code starts the compiled worker; sources start the source worker, which needs tsx in its thread too. */
function startWorker(workerData: { layout: ParameterLayout; threads: number }): Worker {
  if (import.meta.url.endsWith('.js')) return new Worker(new URL('./worker.js', import.meta.url), { workerData })
  const url = new URL('./worker.ts', import.meta.url)
  // Resolved here: code without a file would look for it from the working directory.
  const tsx = import.meta.resolve('tsx/esm/api')
  const start = `import(${JSON.stringify(tsx)}).then(({ register }) => { register(); return import(${JSON.stringify(url.href)}) })`
  return new Worker(start, { eval: true, workerData, execArgv: [] })
}
