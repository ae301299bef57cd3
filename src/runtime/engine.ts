import type { ModelHost } from './model-host.ts'
import type { ParameterLayout } from './parameter-layout.ts'

/** A model's engine: the methods of ModelHost, run where the work does not block the caller. */
export type Engine = Pick<
  ModelHost,
  | 'write'
  | 'read'
  | 'copy'
  | 'swap'
  | 'loadForward'
  | 'forward'
  | 'loadTraining'
  | 'loadGradients'
  | 'step'
  | 'gradients'
  | 'profile'
> & {
  readonly threads: number
  /** Frees the engine's memory after the calls under way; later calls are rejected. */
  close(): Promise<void>
}

export interface EngineOptions {
  /** Threads of a matrix product; default: the processors this process may use. */
  threads?: number
}

/** Makes an engine for a model's parameters. */
export type CreateEngine = (layout: ParameterLayout, options?: EngineOptions) => Engine
