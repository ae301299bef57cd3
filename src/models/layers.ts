/** Layers that architectures share. N tokens, B sequences, T longest, H hidden, A heads, D head size, I inner size. */
import { ConfigError } from '../core/errors.ts'
import type { Value } from '../graph/graph.ts'
import { add, mul, relu, sigmoid, tanh } from '../graph/ops/elementwise.ts'
import { gather } from '../graph/ops/gather.ts'
import { gelu, geluTanh } from '../graph/ops/gelu.ts'
import { layerNorm } from '../graph/ops/layer-norm.ts'
import { gemm, linear, matmul } from '../graph/ops/matmul.ts'
import { padRows, unpadRows } from '../graph/ops/pad-rows.ts'
import { softmax } from '../graph/ops/softmax.ts'
import type { ParameterSpec } from './architecture.ts'
import type { BatchInputs } from './batch-inputs.ts'
import { loraA, loraB, loraScaling } from './lora.ts'
import type { ModelScope } from './model-scope.ts'

/** Activation functions by their names in config.json's `hidden_act`. */
export const activations: Readonly<Record<string, (x: Value) => Value>> = {
  gelu,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  relu,
  silu: (x) => mul(x, sigmoid(x)),
  swish: (x) => mul(x, sigmoid(x)),
  tanh,
}

/** @throws ConfigError listing the activations that there are */
export function activation(name: string): (x: Value) => Value {
  const known = activations[name]
  if (!known) {
    throw new ConfigError('ACTIVATION', `unknown activation "${name}"; known: ${Object.keys(activations).join(', ')}`)
  }
  return known
}

/** A linear layer's parameters: weight [out, in], bias [out]. */
export function linearParameters(name: string, inputs: number, outputs: number): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [outputs, inputs], init: 'normal', isLinear: true },
    { name: `${name}.bias`, shape: [outputs], init: 'zeros' },
  ]
}

export function layerNormParameters(name: string, size: number): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [size], init: 'ones' },
    { name: `${name}.bias`, shape: [size], init: 'zeros' },
  ]
}

/** x: [N, in] -> [N, out]; with an adapter beside its weights where the model declares one (see lora.ts) */
export function linearLayer(scope: ModelScope, name: string, x: Value): Value {
  return scope.at(name, (s) => {
    const y = linear(x, s.weight('weight'), s.weight('bias')) // [N, out]
    if (!s.lora) return y
    const low = linear(s.dropout(x, s.lora.dropout), s.weight(loraA)) // [N, rank]
    return gemm(low, s.weight(loraB), y, { transB: true, alpha: loraScaling(s.lora) })
  })
}

/** x: [N, H] -> [N, H] */
export function layerNormLayer(scope: ModelScope, name: string, x: Value, epsilon: number): Value {
  return scope.at(name, (s) => layerNorm(x, s.weight('weight'), s.weight('bias'), epsilon))
}

/** ids: int32 [N] -> [N, H] */
export function embedding(scope: ModelScope, name: string, ids: Value): Value {
  return scope.at(name, (s) => gather(s.weight('weight'), ids))
}

export interface AttentionOptions {
  heads: number
  headSize: number
  /** Probability of dropping an attention probability. */
  dropout: number
}

/**
 * Scaled dot-product attention with several heads (Vaswani et al. 2017).
 * query, key, value: [N, A D] -> context [N, A D] and probabilities [B, A, T, T]
 */
export function attention(
  scope: ModelScope,
  [query, key, value]: readonly [Value, Value, Value],
  batch: BatchInputs,
  { heads, headSize, dropout }: AttentionOptions,
): { context: Value; probabilities: Value } {
  const index = batch.padding(heads)
  const q = padRows(query, index, headSize) // [B, A, T, D]
  const k = padRows(key, index, headSize) // [B, A, T, D]
  const v = padRows(value, index, headSize) // [B, A, T, D]
  const scores = matmul(q, k, { transB: true, alpha: 1 / Math.sqrt(headSize) }) // [B, A, T, T]
  const probabilities = softmax(add(scores, batch.attentionBias)) // [B, A, T, T]
  const dropped = scope.dropout(probabilities, dropout)
  return { context: unpadRows(matmul(dropped, v), index), probabilities } // [N, A D]
}
