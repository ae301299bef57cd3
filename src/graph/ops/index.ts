/** The op table: every op that a graph may contain. The conformance loop runs over it. */
import type { Op } from '../graph.ts'
import { After } from './after.ts'
import { MaskedScale } from './dropout.ts'
import { Add, Div, Erf, Exp, Log, Mul, Neg, Relu, Sigmoid, Sign, Sqrt, Sub, Tanh } from './elementwise.ts'
import { Gather, PickColumn, PlaceColumn, ScatterAdd } from './gather.ts'
import { Gelu } from './gelu.ts'
import { LayerNormalization } from './layer-norm.ts'
import { Gemm, MatMul } from './matmul.ts'
import { PadRows, UnpadRows } from './pad-rows.ts'
import { ExpandAs, ReduceSum, Reshape, ReshapeAs } from './reduce.ts'
import { ReduceMax } from './reduce-max.ts'
import { ReplaceAt, SampleColumn } from './sampling.ts'
import { Cast, Transpose } from './shape-ops.ts'
import { LogSoftmax, Softmax } from './softmax.ts'

export const ops: readonly Op[] = [
  Add,
  Sub,
  Mul,
  Div,
  Neg,
  Exp,
  Log,
  Sqrt,
  Tanh,
  Sigmoid,
  Erf,
  Relu,
  Sign,
  MatMul,
  Gemm,
  Gather,
  ScatterAdd,
  PickColumn,
  PlaceColumn,
  PadRows,
  UnpadRows,
  ReduceSum,
  ReduceMax,
  ExpandAs,
  Reshape,
  ReshapeAs,
  Softmax,
  LogSoftmax,
  LayerNormalization,
  Gelu,
  MaskedScale,
  Transpose,
  Cast,
  SampleColumn,
  ReplaceAt,
  After,
]
