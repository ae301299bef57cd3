/** One implementation of the metrics for both sides: the library's own task, on logits that a side has written. */
import { readFile } from 'node:fs/promises'
import type { SequenceBatch } from '../../src/data/collator.ts'
import type { EncoderModel } from '../../src/models/model.ts'
import type { Examples, Prepared } from './prepare.ts'
import { rowsOf } from './protocol.ts'

/** The metrics of a side's logits on the evaluation examples, and its loss. @param names of metrics */
export async function scoreLogits(
  { task }: Pick<Examples, 'task'>,
  prepared: Pick<Prepared, 'definition' | 'evalItems' | 'features'>,
  logits: Float32Array,
  names: readonly string[],
): Promise<Record<string, number>> {
  const model = recordedModel(prepared, logits)
  const predictions = await task.predict(model, prepared.evalItems)
  return { ...task.metrics(predictions, names), loss: predictions.loss }
}

/** float32 [all], of a file. */
export async function readLogits(file: string): Promise<Float32Array> {
  const { buffer, byteOffset, byteLength } = await readFile(file)
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))
}

/** A model that answers with recorded logits, which it finds by a sequence's ids. */
export function recordedModel(
  { definition, features }: Pick<Prepared, 'definition' | 'features'>,
  logits: Float32Array,
): EncoderModel {
  const { config, head } = definition
  const columns = head?.outputs ?? config.labels.length
  const known = new Map<string, Float32Array>()
  let from = 0
  for (const feature of features.eval) {
    const to = from + rowsOf(feature) * columns
    const key = feature.input_ids.join()
    if (known.has(key) && known.get(key)!.length !== to - from) {
      throw new Error('two windows have the same ids and other tagged words: choose a greater maxLength')
    }
    known.set(key, logits.subarray(from, to))
    from = to
  }
  if (from !== logits.length) throw new Error(`the side wrote ${logits.length} logits, expected ${from}`)
  const forward = async ({ ids, firstTokens }: SequenceBatch) => {
    const rows = Array.from(firstTokens, (first, b) => known.get(ids.subarray(first, firstTokens[b + 1]).join())!)
    const data = Float32Array.from(rows.flatMap((row) => [...row]))
    return { logits: { data, dims: [data.length / columns, columns] } }
  }
  return { config, definition, forward } as unknown as EncoderModel
}
