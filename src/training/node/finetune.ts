import { join } from 'node:path'
import { writeAdapterConfig } from '../../checkpoints/index.ts'
import { saveAdapter, writeFileAtomic } from '../../checkpoints/node.ts'
import { ConfigError, DataError } from '../../core/errors.ts'
import type { EncodedSequence } from '../../data/collator.ts'
import type { Finding } from '../../data/doctor/index.ts'
import { sequenceLimit } from '../../models/sequence-limit.ts'
import { saveTokenizer } from '../../tokenizers/node.ts'
import type { MetricInterval } from '../bootstrap.ts'
import { classAnswers, createWatch, watchContext } from '../doctor/watch.ts'
import type { WatchContext, WatchedEvent } from '../doctor/watch-context.ts'
import { requireLossTask } from '../loss-settings.ts'
import { renderReport } from '../report/render-report.ts'
import type { EncodeContext, FinetuneTask, TaskPredictions } from '../tasks/finetune-task.ts'
import { textClassification } from '../tasks/text-classification.ts'
import { trainedParameters } from '../trained-parameters.ts'
import { Trainer, type TrainResult } from '../trainer.ts'
import { bestMetricName, trainingArguments } from '../training-arguments.ts'
import { environmentOf } from './environment.ts'
import type { FinetuneClassifierOptions, FinetuneOptions } from './finetune-options.ts'
import { finetuneRecord } from './finetune-record.ts'
import { FolderCheckpoints } from './folder-checkpoints.ts'
import { ADAPTER_FOLDER, METRICS_FILE, REPORT_FILE, requireNoRun } from './run-folder.ts'
import { adapterIdentity, decisive, digest, modelHash } from './run-identity.ts'

export type { FinetuneClassifierOptions, FinetuneOptions, FinetuneProgress } from './finetune-options.ts'

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
  /** What was found before the run, as it was given, and during it. */
  findings: readonly Finding[]
  /** That for which the run was ended before its time; its `reason` is `aborted` then. */
  endedBy?: Finding
}

/**
 * Trains a classifier on labelled texts: `finetune` with the task `textClassification`.
 *
 * ```ts
 * const { metrics } = await finetuneClassifier({ model, tokenizer, trainExamples, evalExamples, output: 'out/spam' })
 * console.log(metrics.accuracy) // { value: 0.98, low: 0.97, high: 0.99 }
 * ```
 * @throws as `finetune`
 */
export function finetuneClassifier(options: FinetuneClassifierOptions): Promise<FinetuneResult> {
  return finetune(textClassification, options)
}

/**
 * Trains a model on labelled data and leaves a folder that holds it as transformers saves it, its tokenizer,
 * `checkpoint-N/`, `trainer_state.json`, `metrics.json` and `report.html`. All settings and data are checked before the
 * folder is touched. The same model, data, settings and number of threads give the same weights, also if the run was
 * killed in between and resumed.
 *
 * @throws ConfigError for settings; DataError for labels; CheckpointError if the folder cannot be written
 */
export async function finetune<Example, Item extends EncodedSequence, Predictions extends TaskPredictions>(
  task: FinetuneTask<Example, Item, Predictions>,
  options: FinetuneOptions<Example>,
): Promise<FinetuneResult> {
  const { model, tokenizer, trainExamples, evalExamples = [], output, onProgress } = options
  const { resume = false, overwrite = false } = options
  const hasEval = evalExamples.length > 0
  const args = trainingArguments(options.args ?? {}, { hasEval })
  trainedParameters(model, args) // which throws for what does not fit
  requireLossTask(args, task, model)
  const best = bestMetricName(args)
  const metricNames = [...new Set([...task.metricNames, ...(best === 'loss' ? [] : [task.findMetric(best)])])]
  const maxLength = sequenceLimit(model, tokenizer, options.maxLength)
  if (options.saveAdapter) writeAdapterConfig(model.definition) // which throws for a model without one
  task.check(model, trainExamples)
  task.check(model, evalExamples)
  if (trainExamples.length === 0) throw new DataError('NO_EXAMPLES', 'there is no training example: give at least one')
  if (resume && overwrite) throw new ConfigError('OVERWRITE', 'resume and overwrite contradict each other')
  if (!resume && !overwrite) await requireNoRun(output) // here too, since encoding may take minutes

  const total = trainExamples.length + evalExamples.length
  const encoder = createEncoder(task, { model, tokenizer, maxLength }, (done, truncated) =>
    onProgress?.({ stage: 'encode', done, total, truncated }),
  )
  const trainItems = await encoder.encode(trainExamples)
  const evalItems = await encoder.encode(evalExamples)

  let latest: Predictions | undefined
  const predict = async () => {
    const onBatch = (done: number) => onProgress?.({ stage: 'evaluate', done, total: evalItems.length })
    onBatch(0)
    latest = await task.predict(model, evalItems, { batchSize: args.evalBatchSize, onProgress: onBatch })
    return latest
  }
  const checkpoints = await FolderCheckpoints.open(output, {
    saveTokenizer: (directory) => saveTokenizer(tokenizer, directory),
    settings: {
      ...decisive(args),
      maxLength,
      model: modelHash(model),
      ...(await adapterIdentity(model)),
      trainData: hash(task, trainItems),
      evalData: hash(task, evalItems),
    },
    overwrite,
  })
  const watched = watchRun(options, watchContext(task.name, trainExamples, model.config, args))
  const trainer = new Trainer({
    model,
    task: {
      ...task,
      evaluate: async () => {
        const predictions = await predict()
        return { loss: predictions.loss, ...task.metrics(predictions, metricNames) }
      },
    },
    trainItems,
    evalItems,
    args,
    checkpoints,
    onEvent: (event) => {
      if (event.type === 'step') latest = undefined
      options.onEvent?.(event)
      watched.tell(event)
      const answers = event.type === 'evaluate' && classAnswers(latest)
      if (answers) watched.tell({ type: 'predictions', step: event.step, ...answers })
    },
  })
  const result = await trainer.train({ resume, signal: watched.signal })
  const { findings, endedBy } = watched
  const files = ['model.safetensors', 'config.json', 'tokenizer.json', 'trainer_state.json']
  if (result.reason === 'aborted')
    return { result, metrics: {}, files, truncated: encoder.truncated, findings, endedBy }

  if (options.saveAdapter) {
    await saveAdapter(model, join(output, ADAPTER_FOLDER))
    files.push(`${ADAPTER_FOLDER}/`)
  }
  const { state, steps, seconds, tokensPerSecond, loss } = result
  const isBestReloaded = args.loadBestModelAtEnd && state.best_global_step !== state.global_step
  if (isBestReloaded) latest = undefined
  const predictions = hasEval ? (latest ?? (await predict())) : undefined
  const metrics = predictions ? task.intervals(predictions, metricNames, args.seed) : {}
  const json = {
    task: task.name,
    labels: model.config.labels,
    training: { steps, seconds, tokensPerSecond, loss },
    ...(predictions && { metrics, ...task.details(model, predictions) }),
    ...(findings.length > 0 && { findings }),
  }
  await writeFileAtomic(join(output, METRICS_FILE), `${JSON.stringify(json, null, 2)}\n`)
  const record = finetuneRecord({
    task,
    options,
    args,
    result,
    metrics,
    report: task.report(model, { trainExamples, evalExamples }, predictions),
    maxLength,
    truncated: encoder.truncated,
    environment: await environmentOf(model.engine),
    findings,
  })
  const reportPath = join(output, REPORT_FILE)
  await writeFileAtomic(reportPath, renderReport(record))
  return {
    result,
    metrics,
    reportPath,
    files: [...files, METRICS_FILE, REPORT_FILE],
    truncated: encoder.truncated,
    findings,
  }
}

/** Looks at a run as it goes on, and ends it by `signal` for an error, or with `strict` for a warning. */
function watchRun<Example>(
  { watch: isWatched = true, strict = false, signal, onFinding, findings = [] }: FinetuneOptions<Example>,
  context: WatchContext,
) {
  const watch = isWatched ? createWatch(context) : undefined
  const ending = new AbortController()
  let endedBy: Finding | undefined
  return {
    signal: AbortSignal.any([ending.signal, ...(signal ? [signal] : [])]),
    get findings() {
      return [...findings, ...(watch?.findings ?? [])]
    },
    get endedBy() {
      return endedBy
    },
    tell(event: WatchedEvent) {
      for (const finding of watch?.tell(event) ?? []) {
        onFinding?.(finding)
        const ends = finding.severity === 'error' || (strict && finding.severity === 'warning')
        if (!ends || endedBy) continue
        endedBy = finding
        ending.abort()
      }
    },
  }
}

/** Encodes in slices, so that other work runs in between, and counts the texts that it cuts. */
function createEncoder<Example, Item>(
  task: { encode(examples: readonly Example[], context: EncodeContext): { items: Item[]; truncated: number } },
  context: EncodeContext,
  onProgress: (done: number, truncated: number) => void,
) {
  const slice = 256
  let done = 0
  let truncated = 0
  return {
    get truncated() {
      return truncated
    },
    async encode(examples: readonly Example[]): Promise<Item[]> {
      const items: Item[] = []
      onProgress(done, truncated)
      for (let start = 0; start < examples.length; start += slice) {
        const part = task.encode(examples.slice(start, start + slice), context)
        for (const item of part.items) items.push(item)
        truncated += part.truncated
        done = Math.min(done + slice, done + examples.length - start)
        onProgress(done, truncated)
        await new Promise(setImmediate)
      }
      return items
    },
  }
}

/** Of what the model gets to see: ids, segments and targets, which text, tokenizer and length limit decide. */
function hash<Item extends EncodedSequence>(
  { targets }: { targets(item: Item): ArrayLike<number> },
  items: readonly Item[],
): string {
  return digest((add) => {
    for (const item of items) {
      const wanted = targets(item)
      add(Int32Array.of(item.ids.length, wanted.length))
      add(item.ids)
      add(item.typeIds)
      add(Float64Array.from(wanted))
    }
  })
}
