import { DataError } from '../../core/errors.ts'
import type { Example } from '../../data/example.ts'
import type { Masking } from '../../data/mask-batch.ts'
import { collateMaskedTexts, encodeMaskedTexts, type MaskedTextItem } from '../../data/mask-texts.ts'
import type { EncoderModel } from '../../models/model.ts'
import { bootstrapScores, exampleScorer, scoresByName } from '../example-scorer.ts'
import { unknownMetric } from '../unknown-metric.ts'
import { defineTask, type FinetuneTask, type TaskPredictions } from './finetune-task.ts'
import { batchesByLength, type PredictOptions } from './predict.ts'
import { scoreRows, sumOf } from './score-rows.ts'

/** What a language model said about the masked tokens of some texts. */
export interface MaskedLmPredictions extends TaskPredictions {
  /** float64 [N]: sum of -log p over the masked tokens of each text. */
  losses: Float64Array
  /** int32 [N]: masked tokens of each text; none is possible in a short one. */
  masked: Int32Array
  /** int32 [N]: how many of them the model gives the highest probability. */
  correct: Int32Array
}

/** Which tokens of texts are to be told, and by which random numbers. */
export interface MaskedLmOptions {
  /** Default: single tokens, 15 %, 80 / 10 / 10. */
  masking?: Masking
  /** Decides the masks, with the epoch; default 42. */
  seed?: number
}

/** Masked language modelling as fine-tuning and evaluation see it. */
export type MaskedLmTask = FinetuneTask<Example, MaskedTextItem, MaskedLmPredictions>

/** `perplexity` is the exponential of the mean loss of all masked tokens; `masked_accuracy` the share of them that is told right. */
export const maskedLmMetricNames = ['perplexity', 'masked_accuracy'] as const

/** @throws ConfigError `UNKNOWN_METRIC` naming the nearest known one */
function findMaskedLmMetric(name: string): string {
  if ((maskedLmMetricNames as readonly string[]).includes(name)) return name
  throw unknownMetric(name, maskedLmMetricNames)
}

/**
 * Tokens to tell from the rest of a text: cross-entropy of masked tokens. Training masks other tokens in each epoch, evaluation
 * always those of epoch 0. Source: Devlin et al. 2018, section 3.1.
 */
export function maskedLmTask({ masking, seed = 42 }: MaskedLmOptions = {}): MaskedLmTask {
  return defineTask<Example, MaskedTextItem, MaskedLmPredictions>({
    name: 'masked-lm',
    title: 'Masked language modelling',
    metricNames: maskedLmMetricNames,
    settings: { masking, seed },
    findMetric: findMaskedLmMetric,
    check: (_, examples) => requireTexts(examples),
    encode: (examples, { tokenizer, maxLength }) => ({
      items: encodeMaskedTexts(examples, tokenizer, { maxLength }),
      truncated: 0,
    }),
    targets: () => [],
    length: ({ ids }) => ids.length,
    collate: (items, context) => collateMaskedTexts(items, { ...context, seed, masking }),
    predict: (model, items, options) => predictMasked(model, items, { ...options, seed, masking }),
    metrics: (predictions, names) => scoresByName(scorerOf([predictions], names), textsOf(predictions)),
    intervals: (predictions, names, resampleSeed) =>
      bootstrapScores(scorerOf([predictions], names), textsOf(predictions), { seed: resampleSeed }),
    scorer: scorerOf,
    details: (_, { masked }) => ({ texts: masked.length, maskedTokens: sumOf(masked) }),
    report: () => ({}),
  })
}

/** @throws DataError `NO_TOKENS` if every text is empty */
function requireTexts(examples: readonly Example[]): void {
  if (examples.length === 0 || examples.some(({ text }) => text.trim() !== '')) return
  throw new DataError('NO_TOKENS', 'every text is empty: there is nothing to mask')
}

async function predictMasked(
  model: EncoderModel,
  items: readonly MaskedTextItem[],
  { batchSize = 32, signal, onProgress, seed, masking }: PredictOptions & { seed: number; masking?: Masking },
): Promise<MaskedLmPredictions> {
  const numbers = new Map<Example, number>()
  for (const { example } of items) if (!numbers.has(example)) numbers.set(example, numbers.size)
  const losses = new Float64Array(numbers.size)
  const [masked, correct] = [new Int32Array(numbers.size), new Int32Array(numbers.size)]
  let [done, number] = [0, 0]
  for (const indices of batchesByLength(items, batchSize)) {
    signal?.throwIfAborted()
    const chosen = indices.map((index) => items[index])
    const batch = collateMaskedTexts(chosen, { epoch: 0, batch: number++, seed, masking })
    const { logits } = await model.forward(batch)
    const rows = scoreRows(logits!.data as Float32Array, batch.labels)
    const { firstTokens, maskedRows } = batch
    for (let row = 0, item = 0; row < maskedRows.length; row++) {
      while (item + 1 < chosen.length && firstTokens[item + 1] <= maskedRows[row]) item++
      const text = numbers.get(chosen[item].example)!
      losses[text] += rows.losses[row]
      masked[text]++
      correct[text] += rows.isRight[row]
    }
    done += indices.length
    onProgress?.(done)
  }
  return { losses, masked, correct, loss: sumOf(losses) / sumOf(masked) }
}

/** @throws as `findMetric` */
function scorerOf(systems: readonly MaskedLmPredictions[], names: readonly string[]) {
  const known = names.map(findMaskedLmMetric)
  const [losses, masked, correct] = (['losses', 'masked', 'correct'] as const).map((key) =>
    systems.flatMap((system) => [...system[key]]),
  )
  const score = (answers: Int32Array) => {
    let [loss, tokens, right] = [0, 0, 0]
    for (const answer of answers) {
      loss += losses[answer]
      tokens += masked[answer]
      right += correct[answer]
    }
    return Float64Array.from(known, (name) => (name === 'perplexity' ? Math.exp(loss / tokens) : right / tokens))
  }
  const counts = systems.map((system) => system.masked.length)
  return exampleScorer(counts, known, score, { sums: losses, weights: masked })
}

const textsOf = ({ masked }: MaskedLmPredictions): Int32Array => Int32Array.from(masked.keys())
