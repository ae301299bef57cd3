import { DataError } from '../core/errors.ts'
import type { SequenceBatch } from '../data/collator.ts'
import type { DType, Graph, Value } from '../graph/graph.ts'
import type { PaddingIndex } from '../graph/ops/pad-rows.ts'
import type { Tensor } from '../runtime/backend.ts'

/**
 * The graph inputs that a batch is fed to. Sequences lie one behind the other in one flat list of N tokens without
 * padding; attention alone works on a padded grid of B sequences x T cells, and these vectors lead there and back.
 */
export interface BatchInputs {
  readonly graph: Graph
  /** int32 [tokens] */
  ids: Value
  /** Segment of each token: int32 [tokens] */
  typeIds: Value
  /** Position in its sequence: int32 [tokens] */
  positionIds: Value
  /** The way to attention's grid for so many heads. */
  padding(heads: number): PaddingIndex
  /** 1 where a cell holds a token: [batch, 1, longest, 1] */
  cellMask: Value
  /** Added to attention scores: 0 for tokens, `paddingScore` for padding: [batch, 1, 1, longest] */
  attentionBias: Value
  /** Added to scores that no softmax with attention's guarantee follows: 0 for tokens, the lowest float32 for padding; as above */
  cellBias(): Value
  /** Row of each sequence's first token: int32 [batch] */
  firstTokens: Value
  /** Rows that have a label of their own: int32 [masked] */
  maskedRows(): Value
  /** `maskedRows` and behind them `firstTokens`, for a head that reads both: int32 [rows] */
  headRows(): Value
  /** Where the masked rows stand in `headRows`: int32 [masked] */
  maskedPlaces(): Value
  /** Where the first tokens stand in `headRows`: int32 [batch] */
  firstPlaces(): Value
  /** int32 [batch], or [masked] where tokens are labelled, or [examples] of several sequences each */
  labels(dim: 'batch' | 'masked' | 'examples'): Value
  /** What each of a sequence's outputs should be: [batch, classes], or [examples, classes] of several sequences each */
  targets(classes: number, dim?: 'batch' | 'examples'): Value
  /** What a pair of segments is labelled as, besides its tokens: int32 [batch] */
  pairLabels(): Value
  /** Where answers start and end, the cells (b 2 + side) T + t of a grid [batch, 2, longest]: int32 [answers], two a sequence */
  answerCells(): Value
  /** The sequence that each choice is; any where an example has fewer: int32 [examples, choices] */
  choiceRows(): Value
  /** Added to the scores of choices: 0, or very negative where there is none: [examples, choices] */
  choiceBias(): Value
  /** The sequence that each window of a text is; any where a text has fewer: int32 [examples, windows] */
  windowRows(): Value
  /** Added to what is compared among windows: 0, or very negative where there is none: [examples, windows] */
  windowBias(): Value
  /** 1 / the text's number of windows, 0 where there is none: [examples, windows] */
  windowShares(): Value
  /** Random numbers that tokens are drawn with, in [0, 1): [masked, 1] */
  uniform(): Value
  /** 1 / number of labels of this kind in the whole step: float scalar */
  lossScale(of?: LabelKind): Value
}

/** What a loss is a mean over: the batch's `labels` or `targets`, or what each sequence or each token has one of. */
export type LabelKind = 'labels' | 'targets' | 'sequences' | 'tokens'

/** What the losses on labels of a kind are multiplied by: 1 / their number in the whole step. */
export type LossScales = Readonly<Record<LabelKind, number>>

/**
 * The scales that make a step's loss the mean over the labels of all its micro-batches.
 * @param classWeights what a label of each class counts; default 1 each
 */
export function lossScales(batches: readonly ModelBatch[], classWeights?: readonly number[]): LossScales {
  const scale = (count: (batch: ModelBatch) => number) => {
    const total = batches.reduce((sum, batch) => sum + count(batch), 0)
    return total > 0 ? 1 / total : 1
  }
  const weightOf = (labels: Int32Array) =>
    classWeights ? labels.reduce((sum, label) => sum + (classWeights[label] ?? 0), 0) : labels.length
  return {
    labels: scale(({ labels, size }) => (labels ? weightOf(labels) : size)),
    targets: scale(({ targets, size }) => targets?.length ?? size),
    sequences: scale(({ size }) => size),
    tokens: scale(({ tokens }) => tokens),
  }
}

/** A batch of any task: labels are absent for prediction, `maskedRows` where sequences are labelled as wholes. */
export type ModelBatch = SequenceBatch & {
  /** int32 [B], or [M] with `maskedRows`, or [E] with `choices` or `windows` */
  readonly labels?: Int32Array
  /** int32 [M] */
  readonly maskedRows?: Int32Array
  /** [B, C], or [E, C] with `windows`: 0 or 1 (or between) for each class that may hold, or the numbers to be met */
  readonly targets?: Float32Array
  /** int32 [E]: how many sequences, one behind the other, are the choices of each example; they are B in all */
  readonly choices?: Int32Array
  /** int32 [E]: how many sequences, one behind the other, are the windows of each text; they are B in all. Default 1 each */
  readonly windows?: Int32Array
  /** int32 [B]: 0 where the second segment follows the first, 1 where it does not */
  readonly pairLabels?: Int32Array
  /** int32 [B]: the place in its sequence of the token that each answer starts with */
  readonly startLabels?: Int32Array
  /** int32 [B]: of the token that it ends with */
  readonly endLabels?: Int32Array
  /** [M], in [0, 1): what a generator draws its tokens with */
  readonly uniform?: Float32Array
}

/** Declares the inputs in a graph. */
export function declareBatchInputs(graph: Graph, dtype: DType = 'float32'): BatchInputs {
  const once = new Map<string, Value>()
  const lazily = (name: string, type: DType, shape: (string | number)[]) => () => {
    const known = once.get(name) ?? graph.input(name, type, shape)
    once.set(name, known)
    return known
  }
  const cellMask = graph.input('cellMask', dtype, ['batch', 1, 'longest', 1])
  return {
    graph,
    ids: graph.input('ids', 'int32', ['tokens']),
    typeIds: graph.input('typeIds', 'int32', ['tokens']),
    positionIds: graph.input('positionIds', 'int32', ['tokens']),
    padding: (heads) => ({
      rowOfCell: lazily(`rowOfCell:${heads}`, 'int32', ['batch', heads, 'longest'])(),
      cellOfRow: lazily(`cellOfRow:${heads}`, 'int32', ['tokens', heads])(),
      cellMask,
    }),
    cellMask,
    attentionBias: graph.input('attentionBias', dtype, ['batch', 1, 1, 'longest']),
    cellBias: lazily('cellBias', dtype, ['batch', 1, 1, 'longest']),
    firstTokens: graph.input('firstTokens', 'int32', ['batch']),
    maskedRows: lazily('maskedRows', 'int32', ['masked']),
    headRows: lazily('headRows', 'int32', ['rows']),
    maskedPlaces: lazily('maskedPlaces', 'int32', ['masked']),
    firstPlaces: lazily('firstPlaces', 'int32', ['batch']),
    labels: (dim) => lazily('labels', 'int32', [dim])(),
    targets: (classes, dim = 'batch') => lazily('targets', dtype, [dim, classes])(),
    pairLabels: lazily('pairLabels', 'int32', ['batch']),
    answerCells: lazily('answerCells', 'int32', ['answers']),
    choiceRows: lazily('choiceRows', 'int32', ['examples', 'choices']),
    choiceBias: lazily('choiceBias', dtype, ['examples', 'choices']),
    windowRows: lazily('windowRows', 'int32', ['examples', 'windows']),
    windowBias: lazily('windowBias', dtype, ['examples', 'windows']),
    windowShares: lazily('windowShares', dtype, ['examples', 'windows']),
    uniform: lazily('uniform', dtype, ['masked', 1]),
    lossScale: (of = 'labels') => lazily(scaleInputs[of], dtype, [])(),
  }
}

const scaleInputs: Record<LabelKind, string> = {
  labels: 'lossScale',
  targets: 'targetLossScale',
  sequences: 'sequenceLossScale',
  tokens: 'tokenLossScale',
}

/** Far below any score, so that its exponential is 0; the lowest float32, as transformers uses. */
const maskedScore = -3.4028234663852886e38

/**
 * What is added to the attention scores of padding. Its cells hold the sequence's first token, see `rowOfCell`, so that their
 * scores end 50 below a real one's: their share is e^-50 = 2e-22 at most, which no float32 sum of shares can tell from 0. Scores further
 * down would come out of the engine's softmax as denormal numbers, which processors are ten times slower with.
 */
const paddingScore = -50

/** A batch as tensors for the inputs that a graph declares. */
export function batchTensors(
  batch: ModelBatch,
  declared: ReadonlySet<string>,
  scales: LossScales = { labels: 1, targets: 1, sequences: 1, tokens: 1 },
): Record<string, Tensor> {
  const { size, tokens, longest } = batch
  const int32 = (data: Int32Array, ...dims: number[]): Tensor => ({
    dtype: 'int32',
    data,
    dims: dims.length > 0 ? dims : [data.length],
  })
  const scalar = (value: number): Tensor => ({ dtype: 'float32', data: Float32Array.of(value), dims: [] })
  const biasOfPadding = (bias: number): Tensor => ({
    dtype: 'float32',
    data: batch.keyMask.map((keep) => (keep ? 0 : bias)),
    dims: [size, 1, 1, longest],
  })
  const all: Record<string, () => Tensor> = {
    ids: () => int32(batch.ids, tokens),
    typeIds: () => int32(batch.typeIds, tokens),
    positionIds: () => int32(batch.positionIds, tokens),
    cellMask: () => ({ dtype: 'float32', data: batch.keyMask, dims: [size, 1, longest, 1] }),
    attentionBias: () => biasOfPadding(paddingScore),
    cellBias: () => biasOfPadding(maskedScore),
    firstTokens: () => int32(batch.firstTokens, size),
    maskedRows: () => int32(required(batch.maskedRows, 'maskedRows')),
    headRows: () => int32(Int32Array.of(...required(batch.maskedRows, 'maskedRows'), ...batch.firstTokens)),
    maskedPlaces: () => int32(required(batch.maskedRows, 'maskedRows').map((_, place) => place)),
    firstPlaces: () => int32(batch.firstTokens.map((_, b) => required(batch.maskedRows, 'maskedRows').length + b)),
    labels: () => int32(required(batch.labels, 'labels')),
    pairLabels: () => int32(required(batch.pairLabels, 'pairLabels')),
    targets: () => {
      const data = required(batch.targets, 'targets')
      const texts = batch.windows?.length ?? size
      return { dtype: 'float32', data, dims: [texts, data.length / texts] }
    },
    answerCells: () => int32(answerCells(batch)),
    choiceRows: () => groupGrid(required(batch.choices, 'choices')).rows,
    choiceBias: () => groupGrid(required(batch.choices, 'choices')).bias,
    windowRows: () => groupGrid(windowCounts(batch)).rows,
    windowBias: () => groupGrid(windowCounts(batch)).bias,
    windowShares: () => groupGrid(windowCounts(batch)).shares,
    targetLossScale: () => scalar(scales.targets),
    lossScale: () => scalar(scales.labels),
    sequenceLossScale: () => scalar(scales.sequences),
    tokenLossScale: () => scalar(scales.tokens),
    uniform: () => {
      const data = required(batch.uniform, 'uniform')
      return { dtype: 'float32', data, dims: [data.length, 1] }
    },
  }
  const tensors: Record<string, Tensor> = {}
  for (const name of declared) {
    const [kind, heads] = name.split(':')
    if (kind === 'rowOfCell') tensors[name] = int32(rowOfCell(batch, Number(heads)), size, Number(heads), longest)
    else if (kind === 'cellOfRow') tensors[name] = int32(cellOfRow(batch, Number(heads)), tokens, Number(heads))
    else if (name in all) tensors[name] = all[name]()
  }
  return tensors
}

function required<Data>(data: Data | undefined, name: string): Data {
  if (data) return data
  throw new DataError('BATCH_FIELD', `the batch has no ${name}: collate it with labels, for this head's task`)
}

/** The start of answer b in cell (b, 0, t), its end in (b, 1, t): int32 [2 B] */
function answerCells(batch: ModelBatch): Int32Array {
  const sides = [required(batch.startLabels, 'startLabels'), required(batch.endLabels, 'endLabels')]
  return Int32Array.from({ length: 2 * batch.size }, (_, i) => i * batch.longest + sides[i % 2][i >> 1])
}

/** Windows of each text; a batch that does not say has texts of one each. int32 [E] */
export const windowCounts = ({ windows, size }: Pick<ModelBatch, 'windows' | 'size'>): Int32Array =>
  windows ?? new Int32Array(size).fill(1)

/**
 * Sequences in groups of so many, one group behind the other: sequence k of group e is number rows[e, k], int32 [E, K]. Where there
 * is none, bias is very negative; shares are 1 / the group's number, and 0 there: [E, K].
 */
function groupGrid(counts: Int32Array): Record<'rows' | 'bias' | 'shares', Tensor> {
  const most = Math.max(...counts)
  const dims = [counts.length, most]
  const rows = new Int32Array(counts.length * most)
  const bias = new Float32Array(rows.length).fill(maskedScore)
  const shares = new Float32Array(rows.length)
  let sequence = 0
  counts.forEach((count, e) => {
    for (let k = 0; k < count; k++, sequence++) {
      const cell = e * most + k
      rows[cell] = sequence
      bias[cell] = 0
      shares[cell] = 1 / count
    }
  })
  const float32 = (data: Float32Array): Tensor => ({ dtype: 'float32', data, dims })
  return { rows: { dtype: 'int32', data: rows, dims }, bias: float32(bias), shares: float32(shares) }
}

/** Head a of the token in cell (b, t) is row token * heads + a; padding holds the sequence's first token. */
function rowOfCell(batch: SequenceBatch, heads: number): Int32Array {
  const { size, longest, tokenRows, keyMask, firstTokens } = batch
  const rows = new Int32Array(size * heads * longest)
  for (let b = 0, i = 0; b < size; b++) {
    for (let a = 0; a < heads; a++) {
      for (let cell = b * longest; cell < (b + 1) * longest; cell++) {
        rows[i++] = (keyMask[cell] ? tokenRows[cell] : firstTokens[b]) * heads + a
      }
    }
  }
  return rows
}

/** The token in cell (b, t) has its head a in cell (b, a, t). */
function cellOfRow({ tokens, longest, cellOfToken }: SequenceBatch, heads: number): Int32Array {
  const cells = new Int32Array(tokens * heads)
  for (let n = 0; n < tokens; n++) {
    const b = Math.floor(cellOfToken[n] / longest)
    const t = cellOfToken[n] % longest
    for (let a = 0; a < heads; a++) cells[n * heads + a] = (b * heads + a) * longest + t
  }
  return cells
}
