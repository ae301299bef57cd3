import { join } from 'node:path'
import { writeFileAtomic } from '../../checkpoints/node.ts'
import { ConfigError, DataError } from '../../core/errors.ts'
import type { ClassificationItem } from '../../data/collator.ts'
import { encodeExamples } from '../../data/encode-examples.ts'
import type { Example } from '../../data/example.ts'
import { labelIds } from '../../data/labels.ts'
import { sequenceLimit } from '../../models/sequence-limit.ts'
import type { Tokenizer } from '../../tokenizers/index.ts'
import { saveTokenizer } from '../../tokenizers/node.ts'
import { bootstrapInterval, bootstrapMetrics, type MetricInterval } from '../bootstrap.ts'
import { type ClassificationResult, classificationMetrics } from '../metrics.ts'
import { computeMetrics, findMetric } from '../metrics-registry.ts'
import { renderReport } from '../report/render-report.ts'
import {
  type ClassificationPredictions,
  classificationMetricNames,
  predictClassification,
  textClassification,
} from '../tasks/text-classification.ts'
import { Trainer, type TrainingTask, type TrainResult } from '../trainer.ts'
import { bestMetricName, type TrainingArguments, trainingArguments } from '../training-arguments.ts'
import { environmentOf } from './environment.ts'

export type { FinetuneClassifierOptions, FinetuneProgress } from './finetune-options.ts'
export { confusionRows } from './finetune-record.ts'

import type { FinetuneClassifierOptions } from './finetune-options.ts'
import { classificationRecord, confusionRows } from './finetune-record.ts'
import { FolderCheckpoints } from './folder-checkpoints.ts'
import { METRICS_FILE, REPORT_FILE, requireNoRun } from './run-folder.ts'
import { decisive, digest, modelHash } from './run-identity.ts'

export interface FinetuneResult {
  result: TrainResult
  /** Final metrics by name with 95 % intervals; empty without evaluation data, or if the run was aborted. */
  metrics: Record<string, MetricInterval>
  /** Absent if the run was aborted. */
  reportPath?: string
  /** Names of what stands in the output folder, for people. */
  files: string[]
  /** How many texts were cut to `maxLength`. */
  truncated: number
}

/**
 * Trains a classifier on labelled texts and leaves a folder that holds the model as transformers saves it, its tokenizer,
 * `checkpoint-N/`, `trainer_state.json`, `metrics.json` and `report.html`. All settings and data are checked before the
 * folder is touched. The same model, data, settings and number of threads give the same weights, also if the run was
 * killed in between and resumed.
 *
 * ```ts
 * const { metrics } = await finetuneClassifier({ model, tokenizer, trainExamples, evalExamples, output: 'out/spam' })
 * console.log(metrics.accuracy) // { value: 0.98, low: 0.97, high: 0.99 }
 * ```
 * @throws ConfigError for settings; DataError for labels; CheckpointError if the folder cannot be written
 */
export async function finetuneClassifier(options: FinetuneClassifierOptions): Promise<FinetuneResult> {
  const { model, tokenizer, trainExamples, evalExamples = [], output, signal, onProgress } = options
  const { resume = false, overwrite = false } = options
  const hasEval = evalExamples.length > 0
  const args = trainingArguments(options.args ?? {}, { hasEval })
  const metricNames = evaluatedMetrics(args)
  const maxLength = sequenceLimit(model, tokenizer, options.maxLength)
  const trainLabels = labelIds(trainExamples, model.config.labels)
  const evalLabels = labelIds(evalExamples, model.config.labels)
  if (trainExamples.length === 0) throw new DataError('NO_EXAMPLES', 'there is no training example: give at least one')
  if (resume && overwrite) throw new ConfigError('OVERWRITE', 'resume and overwrite contradict each other')
  if (!resume && !overwrite) await requireNoRun(output) // here too, since encoding may take minutes

  const total = trainExamples.length + evalExamples.length
  const encoder = createEncoder(tokenizer, maxLength, (done, truncated) =>
    onProgress?.({ stage: 'encode', done, total, truncated }),
  )
  const trainItems = await encoder.encode(trainExamples, trainLabels)
  const evalItems = await encoder.encode(evalExamples, evalLabels)

  let latest: ClassificationPredictions | undefined
  const predict = async () => {
    const onBatch = (done: number) => onProgress?.({ stage: 'evaluate', done, total: evalItems.length })
    onBatch(0)
    latest = await predictClassification(model, evalItems, { batchSize: args.evalBatchSize, onProgress: onBatch })
    return latest
  }
  const task: TrainingTask<ClassificationItem> = {
    ...textClassification,
    evaluate: async () => {
      const predictions = await predict()
      return { loss: predictions.loss, ...computeMetrics(predictions, metricNames) }
    },
  }
  const checkpoints = await FolderCheckpoints.open(output, {
    saveTokenizer: (directory) => saveTokenizer(tokenizer, directory),
    settings: {
      ...decisive(args),
      maxLength,
      model: modelHash(model),
      trainData: hash(trainItems),
      evalData: hash(evalItems),
    },
    overwrite,
  })
  const trainer = new Trainer({
    model,
    task,
    trainItems,
    evalItems,
    args,
    checkpoints,
    onEvent: (event) => {
      if (event.type === 'step') latest = undefined
      options.onEvent?.(event)
    },
  })
  const result = await trainer.train({ resume, signal })
  const files = ['model.safetensors', 'config.json', 'tokenizer.json', 'trainer_state.json']
  if (result.reason === 'aborted') return { result, metrics: {}, files, truncated: encoder.truncated }

  const { state } = result
  const isBestReloaded = args.loadBestModelAtEnd && state.best_global_step !== state.global_step
  if (isBestReloaded) latest = undefined
  const predictions = hasEval ? (latest ?? (await predict())) : undefined
  const metrics = predictions ? measured(predictions, metricNames, args.seed) : {}
  await writeFileAtomic(
    join(output, METRICS_FILE),
    `${JSON.stringify(metricsJson(result, model.config.labels, metrics, predictions), null, 2)}\n`,
  )
  const record = classificationRecord({
    options,
    args,
    result,
    metrics,
    predictions,
    maxLength,
    truncated: encoder.truncated,
    environment: await environmentOf(model.engine),
  })
  const reportPath = join(output, REPORT_FILE)
  await writeFileAtomic(reportPath, renderReport(record))
  return { result, metrics, reportPath, files: [...files, METRICS_FILE, REPORT_FILE], truncated: encoder.truncated }
}

/**
 * Metrics of a classifier's predictions with 95 % bootstrap intervals, and its mean loss.
 * @param names as `findMetric` knows them
 */
export function measured(
  predictions: ClassificationPredictions,
  names: readonly string[],
  seed: number,
): Record<string, MetricInterval> {
  const { losses, loss } = predictions
  const mean = (indices: Int32Array) => indices.reduce((sum, index) => sum + losses[index], 0) / indices.length
  return {
    ...bootstrapMetrics(predictions, names, { seed }),
    loss: { value: loss, ...bootstrapInterval(losses.length, mean, { seed }) },
  }
}

/** The usual metrics and the one that says what is best. @throws ConfigError `UNKNOWN_METRIC` */
function evaluatedMetrics(args: TrainingArguments): string[] {
  const best = bestMetricName(args)
  return [...new Set([...classificationMetricNames, ...(best === 'loss' ? [] : [findMetric(best).name])])]
}

/** Encodes in slices, so that other work runs in between, and counts the texts that it cuts. */
function createEncoder(tokenizer: Tokenizer, maxLength: number, onProgress: (done: number, truncated: number) => void) {
  const slice = 256
  let done = 0
  let truncated = 0
  return {
    get truncated() {
      return truncated
    },
    async encode(examples: readonly Example[], labels: Int32Array): Promise<ClassificationItem[]> {
      const items: ClassificationItem[] = []
      onProgress(done, truncated)
      for (let start = 0; start < examples.length; start += slice) {
        const part = examples.slice(start, start + slice)
        encodeExamples(part, tokenizer, { maxLength }).forEach(({ truncated: isCut, ...sequence }, i) => {
          items.push({ ...sequence, labelId: labels[start + i] })
          if (isCut) truncated++
        })
        done += part.length
        onProgress(done, truncated)
        await new Promise(setImmediate)
      }
      return items
    },
  }
}

/** Of what the model gets to see: ids, segments and labels, which text, tokenizer and length limit decide. */
function hash(items: readonly ClassificationItem[]): string {
  return digest((add) => {
    for (const { ids, typeIds, labelId } of items) {
      add(Int32Array.of(ids.length, labelId))
      add(ids)
      add(typeIds)
    }
  })
}

/** What metrics.json holds. */
function metricsJson(
  { steps, seconds, tokensPerSecond, loss }: TrainResult,
  labels: readonly string[],
  metrics: Record<string, MetricInterval>,
  predictions: ClassificationResult | undefined,
) {
  const evaluation = predictions && classificationMetrics(predictions)
  return {
    task: 'text-classification',
    labels,
    training: { steps, seconds, tokensPerSecond, loss },
    ...(evaluation && {
      examples: evaluation.examples,
      metrics,
      perClass: Object.fromEntries(evaluation.perClass.map((scores, i) => [labels[i], scores])),
      confusion: confusionRows(evaluation.confusion),
    }),
  }
}
