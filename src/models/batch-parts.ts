import { collateSequences, type EncodedSequence } from '../data/collator.ts'
import { type ModelBatch, windowCounts } from './batch-inputs.ts'

/** Examples of a batch: its sequences, or what its sequences are the choices or windows of. */
export const exampleCount = ({ choices, windows, size }: ModelBatch): number => (choices ?? windows)?.length ?? size

/** The examples of a batch from number `start` to before number `end`, as they would be in a batch of their own. */
export function sliceBatch(batch: ModelBatch, start: number, end: number): ModelBatch {
  const { choices, windows, maskedRows, labels, uniform, targets, firstTokens, tokens } = batch
  const counts = choices ?? windows
  const sequenceOf = (example: number) =>
    counts ? counts.subarray(0, example).reduce((sum, count) => sum + count, 0) : example
  const [first, last] = [sequenceOf(start), sequenceOf(end)]
  const [firstRow, lastRow] = [firstTokens[first] ?? tokens, firstTokens[last] ?? tokens]
  const masked = maskedRows && [firstRow, lastRow].map((row) => maskedRows.filter((each) => each < row).length)
  const width = targets ? targets.length / exampleCount(batch) : 0
  return {
    ...collateSequences(sequencesOf(batch).slice(first, last)),
    ...(maskedRows && masked && { maskedRows: maskedRows.slice(masked[0], masked[1]).map((row) => row - firstRow) }),
    ...(labels && { labels: masked ? labels.slice(masked[0], masked[1]) : labels.slice(start, end) }),
    ...(uniform && masked && { uniform: uniform.slice(masked[0], masked[1]) }),
    ...(targets && { targets: targets.slice(start * width, end * width) }),
    ...(choices && { choices: choices.slice(start, end) }),
    ...(windows && { windows: windows.slice(start, end) }),
    ...ofEachSequence(batch, (values) => values.slice(first, last)),
  }
}

/** Cuts a batch into at most so many parts of about the same number of examples. */
export function splitBatch(batch: ModelBatch, parts: number): ModelBatch[] {
  const examples = exampleCount(batch)
  const count = Math.min(parts, examples)
  if (count === 1) return [batch]
  const at = (part: number) => Math.round((part * examples) / count)
  return Array.from({ length: count }, (_, part) => sliceBatch(batch, at(part), at(part + 1)))
}

/** All examples of some batches of the same task in one. */
export function joinBatches(batches: readonly ModelBatch[]): ModelBatch {
  const rowsBefore = batches.map((_, i) => batches.slice(0, i).reduce((sum, { tokens }) => sum + tokens, 0))
  const integers = (key: IntegerKey) =>
    batches[0][key] && { [key]: Int32Array.from(batches.flatMap((batch) => [...(batch[key] ?? [])])) }
  const floats = (key: 'targets' | 'uniform') =>
    batches[0][key] && { [key]: Float32Array.from(batches.flatMap((batch) => [...(batch[key] ?? [])])) }
  return {
    ...collateSequences(batches.flatMap(sequencesOf)),
    ...(batches[0].maskedRows && {
      maskedRows: Int32Array.from(
        batches.flatMap(({ maskedRows = [] }, i) => [...maskedRows].map((row) => row + rowsBefore[i])),
      ),
    }),
    ...integers('labels'),
    ...integers('choices'),
    ...(batches.some(({ windows }) => windows) && {
      windows: Int32Array.from(batches.flatMap((batch) => [...windowCounts(batch)])),
    }),
    ...integers('pairLabels'),
    ...integers('startLabels'),
    ...integers('endLabels'),
    ...floats('targets'),
    ...floats('uniform'),
  }
}

type IntegerKey = 'labels' | 'choices' | 'pairLabels' | 'startLabels' | 'endLabels'

function sequencesOf({ size, tokens, firstTokens, ids, typeIds }: ModelBatch): EncodedSequence[] {
  return Array.from({ length: size }, (_, i) => {
    const [start, end] = [firstTokens[i], firstTokens[i + 1] ?? tokens]
    return { ids: ids.slice(start, end), typeIds: typeIds.slice(start, end) }
  })
}

/** The fields with one value a sequence, changed. */
function ofEachSequence(batch: ModelBatch, change: (values: Int32Array) => Int32Array): Partial<ModelBatch> {
  const keys = ['pairLabels', 'startLabels', 'endLabels'] as const
  return Object.fromEntries(keys.flatMap((key) => (batch[key] ? [[key, change(batch[key])]] : [])))
}
