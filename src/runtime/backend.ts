/**
 * What bertsmith needs of an engine: compile an ONNX model once, run it many times on plain typed arrays. A backend holds
 * no weights and knows nothing of training; `ModelHost` does that on top of it.
 */
import type { DType } from '../graph/graph.ts'

export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array

/** A tensor as data: element type, row-major elements and sizes. */
export interface Tensor {
  dtype: DType
  data: TensorData
  dims: readonly number[]
}

/** A tensor of 32-bit floats, as models answer. */
export interface FloatTensor extends Tensor {
  dtype: 'float32'
  data: Float32Array
}

/** A compiled graph. */
export interface Session {
  /**
   * Runs the graph. Inputs are read in place.
   * @param fetches the outputs to compute; a tensor is written in place, `null` asks for a fresh one
   * @returns the outputs asked for with `null`
   */
  run(feeds: Record<string, Tensor>, fetches: Record<string, Tensor | null>): Promise<Record<string, Tensor>>
  /** Ends profiling and returns the events since the session was made; only if it was made with `profile`. */
  profile(): Promise<ProfileEvent[]>
  release(): Promise<void>
}

/** Time that the engine spent in one node of one run. */
export interface ProfileEvent {
  /** ONNX operator, e.g. `Gemm`. */
  op: string
  /** The name of the node's first output, which starts with the scope that the node was built in. */
  node: string
  /** Microseconds. */
  durationUs: number
}

export interface SessionOptions {
  /** Collect a profile; costs some speed. */
  profile?: boolean
  /** Promises that each run is given tensors for all outputs that it asks for, which spares copying them. */
  inPlace?: boolean
}

export interface Backend {
  readonly name: string
  createSession(model: Uint8Array, options?: SessionOptions): Promise<Session>
}
