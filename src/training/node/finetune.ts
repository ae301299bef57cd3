import { join } from 'node:path'
import { writeAdapterConfig } from '../../checkpoints/index.ts'
import { saveAdapter, writeFileAtomic } from '../../checkpoints/node.ts'
import { DataError } from '../../core/errors.ts'
import type { EncodedSequence } from '../../data/collator.ts'
import type { Finding } from '../../data/doctor/index.ts'
import { sequenceLimit } from '../../models/sequence-limit.ts'
import { saveTokenizer } from '../../tokenizers/node.ts'
import type { MetricInterval } from '../bootstrap.ts'
import { ownMetrics } from '../compute-metrics.ts'
import { classAnswers, createWatch, watchContext } from '../doctor/watch.ts'
import type { WatchContext, WatchedEvent } from '../doctor/watch-context.ts'
import { type EvaluationSet, evaluationSets, metricOfSet, namedMetrics as named } from '../evaluation-sets.ts'
import { requireLossTask } from '../loss-settings.ts'
import { renderReport } from '../report/render-report.ts'
import { reportDefaults } from '../report-settings.ts'
import { classesOf, type EncodeContext, type FinetuneTask, type TaskPredictions } from '../tasks/finetune-task.ts'
import { textClassification } from '../tasks/text-classification.ts'
import { trainedParameters } from '../trained-parameters.ts'
import { Trainer, type TrainResult } from '../trainer.ts'
import { bestMetricName, trainingArguments } from '../training-arguments.ts'
import { environmentOf } from './environment.ts'
import type { FinetuneClassifierOptions, FinetuneOptions } from './finetune-options.ts'
import { finetuneRecord, finetuneSettings } from './finetune-record.ts'
import { FolderCheckpoints } from './folder-checkpoints.ts'
import { loggersOf, requireLoggingFolder } from './loggers.ts'
import { pauseAt, requirePause } from './pause.ts'
import { ADAPTER_FOLDER, CARD_FILE, METRICS_FILE, REPORT_FILE, requireRunRoom } from './run-folder.ts'
import { adapterIdentity, decisive, digest, modelHash } from './run-identity.ts'
import { writeModelCard } from './write-model-card.ts'

export type { FinetuneClassifierOptions, FinetuneOptions, FinetuneProgress, PausePlace } from './finetune-options.ts'

export interface FinetuneResult {
  result: TrainResult
  /**
   * Final metrics by name with 95 % intervals, with the set's name in front if there are several; empty without evaluation data,
   * or if the run was aborted but not paused.
   */
  metrics: Record<string, MetricInterval>
  /** What `computeMetrics` made of the final predictions, under the same names. */
  ownMetrics: Record<string, number>
  /** Absent if the run was aborted or paused. */
  reportPath?: string
  /** The model card. Absent if the run was aborted or paused, or if the folder's README.md is not one that bertsmith wrote. */
  cardPath?: string
  /** Names of what stands in the output folder, for people. */
  files: string[]
  /** How many texts were cut to `maxLength`. */
  truncated: number
  /** What was found before the run, as it was given, and during it. */
  findings: readonly Finding[]
  /** That for which the run was ended before its time; its `reason` is `aborted` then. */
  endedBy?: Finding
  /** Whether the run ended at `pauseAfter`; its `reason` is `aborted` then, and its metrics are those of that place. */
  paused: boolean
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
 * `checkpoint-N/`, `trainer_state.json`, `metrics.json`, `report.html` and a model card, README.md. All settings and data are checked before the
 * folder is touched. The same model, data, settings and number of threads give the same weights, also if the run was
 * killed in between and resumed.
 *
 * @throws ConfigError for settings; DataError for labels; CheckpointError if the folder cannot be written
 */
export async function finetune<Example, Item extends EncodedSequence, Predictions extends TaskPredictions>(
  task: FinetuneTask<Example, Item, Predictions>,
  options: FinetuneOptions<Example, Predictions>,
): Promise<FinetuneResult> {
  const { model, tokenizer, trainExamples, output, onProgress, computeMetrics } = options
  const { resume = false, overwrite = false } = options
  const sets = evaluationSets(options.evalExamples)
  const hasEval = sets.length > 0
  const args = trainingArguments(options.args ?? {}, { hasEval })
  requirePause(options.pauseAfter ?? {}, args)
  trainedParameters(model, args) // which throws for what does not fit
  requireLossTask(args, task, model)
  const best = bestMetricName(args)
  const metricNames = [...new Set([...task.metricNames, ...bestMetric(task, metricOfSet(best, sets), options)])]
  const maxLength = sequenceLimit(model, tokenizer, options.maxLength)
  const { longTexts } = model.config
  if (options.saveAdapter) writeAdapterConfig(model.definition) // which throws for a model without one
  task.check(model, trainExamples)
  for (const { items } of sets) task.check(model, items)
  if (trainExamples.length === 0) throw new DataError('NO_EXAMPLES', 'there is no training example: give at least one')
  await requireLoggingFolder(args, output)
  await requireRunRoom(output, 'finetune', { resume, overwrite }) // here too, since encoding may take minutes

  const total = sets.reduce((sum, { items }) => sum + items.length, trainExamples.length)
  const encoder = createEncoder(task, { model, tokenizer, maxLength }, (done, truncated) =>
    onProgress?.({ stage: 'encode', done, total, truncated }),
  )
  const trainItems = await encoder.encode(trainExamples)
  const evalSets: (EvaluationSet<Item> & { examples: readonly Example[] })[] = []
  for (const { name, items: examples } of sets) {
    evalSets.push({ name, examples, items: await encoder.encode(examples) })
  }

  /** What the model as it is says of each set. */
  const latest = new Map<string | undefined, Judged<Predictions>>()
  const judge = async ({ name, items }: EvaluationSet<Item>) => {
    const onBatch = (done: number) => onProgress?.({ stage: 'evaluate', done, total: items.length })
    onBatch(0)
    const predictions = await task.predict(model, items, { batchSize: args.evalBatchSize, onProgress: onBatch })
    const metrics = task.metrics(predictions, metricNames)
    const judged = { predictions, metrics, own: await ownMetrics(computeMetrics, predictions, metrics) }
    latest.set(name, judged)
    return judged
  }
  const checkpoints = await FolderCheckpoints.open(output, {
    saveTokenizer: (directory) => saveTokenizer(tokenizer, directory),
    settings: {
      ...decisive(args),
      maxLength,
      ...(longTexts && { longTexts }),
      model: modelHash(model),
      ...(await adapterIdentity(model)),
      ...givenSettings(task),
      trainData: hash(task, trainItems),
      evalData:
        evalSets.length === 1
          ? hash(task, evalSets[0].items)
          : evalSets.map(({ name, items }) => [name, hash(task, items)]),
    },
    overwrite,
  })
  const pause = pauseAt(options.pauseAfter)
  const watched = watchRun(options, watchContext(task.name, trainExamples, model.config, args))
  const trainer = new Trainer({
    model,
    task: {
      ...task,
      evaluate: async (_model, items, { name }) => {
        const { predictions, metrics, own } = await judge({ name, items })
        return { loss: predictions.loss, ...metrics, ...own }
      },
    },
    trainItems,
    evalItems:
      evalSets[0]?.name === undefined
        ? evalSets[0]?.items
        : Object.fromEntries(evalSets.map(({ name, items }) => [name, items])),
    args: { ...args, ...reportDefaults },
    checkpoints,
    callbacks: [...loggersOf(args, output), ...(options.callbacks ?? []), pause.callback],
    onEvent: (event) => {
      if (event.type === 'step') latest.clear()
      options.onEvent?.(event)
      watched.tell(event)
      const answers = event.type === 'evaluate' && classAnswers(latest.get(evalSets[0].name)?.predictions)
      if (answers) watched.tell({ type: 'predictions', step: event.step, ...answers })
    },
  })
  const result = await trainer.train({ resume, signal: AbortSignal.any([watched.signal, pause.signal]) })
  const { findings, endedBy } = watched
  const paused = result.reason === 'aborted' && pause.signal.aborted && !endedBy
  const files = ['model.safetensors', 'config.json', 'tokenizer.json', 'trainer_state.json']
  if (result.reason === 'aborted' && !paused)
    return { result, metrics: {}, ownMetrics: {}, files, truncated: encoder.truncated, findings, endedBy, paused }

  if (options.saveAdapter) {
    await saveAdapter(model, join(output, ADAPTER_FOLDER))
    files.push(`${ADAPTER_FOLDER}/`)
  }
  const { state, steps, seconds, tokensPerSecond, loss } = result
  const isBestReloaded = !paused && args.loadBestModelAtEnd && state.best_global_step !== state.global_step
  if (isBestReloaded) latest.clear()
  const metrics: Record<string, MetricInterval> = {}
  const own: Record<string, number> = {}
  const details: Record<string, Record<string, unknown>> = {}
  for (const set of evalSets) {
    const judged = latest.get(set.name) ?? (await judge(set))
    Object.assign(metrics, named(set.name, task.intervals(judged.predictions, metricNames, args.seed)))
    Object.assign(own, named(set.name, judged.own))
    details[set.name ?? ''] = task.details(model, judged.predictions)
  }
  const json = {
    task: task.name,
    labels: model.config.labels,
    training: { steps, seconds, tokensPerSecond, loss },
    ...(hasEval && { metrics }),
    ...(computeMetrics && { ownMetrics: own }),
    ...(sets[0]?.name === undefined ? details[''] : { sets: details }),
    ...(findings.length > 0 && { findings }),
  }
  await writeFileAtomic(join(output, METRICS_FILE), `${JSON.stringify(json, null, 2)}\n`)
  if (paused)
    return {
      result,
      metrics,
      ownMetrics: own,
      files: [...files, METRICS_FILE],
      truncated: encoder.truncated,
      findings,
      paused,
    }
  const record = finetuneRecord({
    task,
    options,
    args,
    result,
    metrics: { ...metrics, ...Object.fromEntries(Object.entries(own).map(([name, value]) => [name, { value }])) },
    evalExamples: sets.reduce((sum, { items }) => sum + items.length, 0),
    report: task.report(
      model,
      { trainExamples, evalExamples: evalSets[0]?.examples ?? [] },
      latest.get(evalSets[0]?.name)?.predictions,
    ),
    maxLength,
    truncated: encoder.truncated,
    environment: await environmentOf(model.engine),
    findings,
  })
  const reportPath = join(output, REPORT_FILE)
  await writeFileAtomic(reportPath, renderReport(record))
  const cardPath = await writeModelCard({
    output,
    record,
    model,
    labels: classesOf(task, model),
    args: { ...args, ...reportDefaults },
    settings: finetuneSettings(model, maxLength),
    modelName: options.modelName,
    trainSource: options.trainSource,
    evalSource: options.evalSource,
    diagnosed: options.findings !== undefined,
    card: options.card,
  })
  return {
    result,
    metrics,
    ownMetrics: own,
    reportPath,
    cardPath,
    files: [...files, METRICS_FILE, REPORT_FILE, ...(cardPath === undefined ? [] : [CARD_FILE])],
    truncated: encoder.truncated,
    findings,
    paused,
  }
}

/** Predictions on a set, and what they are worth. */
interface Judged<Predictions> {
  predictions: Predictions
  metrics: Record<string, number>
  own: Record<string, number>
}

/**
 * The task's metric that says what is best, if it is none of `computeMetrics` and not the loss.
 * @throws ConfigError as the task's `findMetric`
 */
function bestMetric(
  task: { findMetric(name: string): string },
  best: string,
  { computeMetrics }: { computeMetrics?: unknown },
): string[] {
  if (best === 'loss') return []
  try {
    return [task.findMetric(best)]
  } catch (error) {
    if (computeMetrics) return [] // an evaluation will tell
    throw error
  }
}

/** A task's settings, without those that have their defaults. */
function givenSettings({ settings = {} }: { settings?: Readonly<Record<string, unknown>> }) {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined)
  return given.length > 0 ? { taskSettings: Object.fromEntries(given) } : {}
}

/** Looks at a run as it goes on, and ends it by `signal` for an error, or with `strict` for a warning. */
function watchRun<Example>(
  {
    watch: isWatched = true,
    strict = false,
    signal,
    onFinding,
    findings = [],
  }: Omit<FinetuneOptions<Example>, 'computeMetrics'>,
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
