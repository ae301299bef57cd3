/** Pre-training as a task for the Trainer: items are numbers of examples. */
import type { BatchContext } from '../../data/loader.ts'
import type { PretrainingBatch } from '../../data/pretraining/index.ts'
import type { EncoderModel } from '../../models/model.ts'
import type { TrainingTask } from '../trainer.ts'
import { unknownMetric } from '../unknown-metric.ts'
import { scoreRows, sumOf } from './score-rows.ts'

/** Examples and how batches are made of them. */
export interface PretrainingSet {
  examples: { readonly lengths: ArrayLike<number> & Iterable<number> }
  /** See `createPretrainingCollator`. */
  collate(indices: readonly number[], context: BatchContext): PretrainingBatch
}

/** Several sets as one: items of each are numbered on from those before. A batch has the items of one set. */
export function joinSets(sets: readonly PretrainingSet[]): PretrainingSet & { items: number[][] } {
  const items: number[][] = []
  const lengths: number[] = []
  for (const { examples } of sets) {
    items.push(Array.from(examples.lengths, (_, i) => lengths.length + i))
    for (const length of examples.lengths) lengths.push(length)
  }
  return {
    items,
    examples: { lengths },
    collate(indices, context) {
      const set = items.findLastIndex(([first]) => first <= indices[0])
      return sets[set].collate(
        indices.map((index) => index - items[set][0]),
        context,
      )
    },
  }
}

/** What the Trainer needs of pre-training. Evaluations mask the same tokens each time. */
export function pretrainingTask(train: PretrainingSet, evaluation: PretrainingSet): TrainingTask<number> {
  return {
    length: (item) => train.examples.lengths[item],
    collate: (items, context) => train.collate(items, context),
    evaluate: (model, items, options) => evaluatePretraining(model, evaluation, items, options),
  }
}

/** Counts of one or more batches, which add up. */
interface Tally {
  masked: number
  lossSum: number
  correct: number
  pairs: number
  pairLossSum: number
  pairsCorrect: number
}

/** What `evaluatePretraining` computes with a head. */
function metricNames(head: string | undefined): readonly string[] {
  if (head === 'replaced-token-detection') return ['loss']
  const masked = ['loss', 'masked_lm_loss', 'perplexity', 'masked_accuracy']
  return head === 'pretraining' ? [...masked, 'pair_loss', 'pair_accuracy'] : masked
}

/**
 * Makes sure that evaluations compute a metric.
 * @param head task of the model's head, which decides the objective
 * @throws ConfigError `UNKNOWN_METRIC` naming those that there are
 */
export function requirePretrainingMetric(name: string, head: string | undefined): void {
  const known = metricNames(head)
  if (!known.includes(name)) throw unknownMetric(name, known, ' of this objective')
}

/**
 * On held-out examples: `masked_lm_loss`, `perplexity` (its exponential), `masked_accuracy`; with pairs `pair_loss` and
 * `pair_accuracy`; and `loss`, their sum. Losses are means in nats, of all masked tokens and of all pairs. A discriminator
 * has only `loss`, that of its joint training.
 */
export async function evaluatePretraining(
  model: EncoderModel,
  { collate }: PretrainingSet,
  items: readonly number[],
  { batchSize, signal, onProgress }: { batchSize: number; signal?: AbortSignal; onProgress?(done: number): void },
): Promise<Record<string, number>> {
  const isDiscriminator = model.definition.head?.task === 'replaced-token-detection'
  const tally: Tally = { masked: 0, lossSum: 0, correct: 0, pairs: 0, pairLossSum: 0, pairsCorrect: 0 }
  let jointLoss = 0
  for (let start = 0; start < items.length; start += batchSize) {
    signal?.throwIfAborted()
    const indices = items.slice(start, start + batchSize)
    const batch = collate(indices, { epoch: 0, batch: start / batchSize })
    const { logits, pairLogits, loss } = await model.forward(batch, { loss: isDiscriminator })
    if (isDiscriminator) {
      jointLoss += loss! * (indices.length / items.length)
    } else {
      const { losses, isRight } = scoreRows(logits!.data as Float32Array, batch.labels!)
      tally.masked += losses.length
      tally.lossSum += sumOf(losses)
      tally.correct += sumOf(isRight)
    }
    if (pairLogits && batch.pairLabels) {
      const { losses, isRight } = scoreRows(pairLogits.data as Float32Array, batch.pairLabels)
      tally.pairs += losses.length
      tally.pairLossSum += sumOf(losses)
      tally.pairsCorrect += sumOf(isRight)
    }
    onProgress?.(start + indices.length)
  }
  if (isDiscriminator) return { loss: jointLoss }
  const maskedLoss = tally.lossSum / tally.masked
  const metrics = {
    masked_lm_loss: maskedLoss,
    perplexity: Math.exp(maskedLoss),
    masked_accuracy: tally.correct / tally.masked,
  }
  if (tally.pairs === 0) return { loss: maskedLoss, ...metrics }
  const pairLoss = tally.pairLossSum / tally.pairs
  return {
    loss: maskedLoss + pairLoss,
    ...metrics,
    pair_loss: pairLoss,
    pair_accuracy: tally.pairsCorrect / tally.pairs,
  }
}
