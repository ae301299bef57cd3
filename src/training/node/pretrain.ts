import { basename, join } from 'node:path'
import { saveAdapter, writeFileAtomic } from '../../checkpoints/node.ts'
import { ConfigError, DataError } from '../../core/errors.ts'
import {
  createPretrainingCollator,
  maskingVocabulary,
  type PretrainingExamples,
  planFullSentences,
  planSentencePairs,
  splitDocuments,
  type TokenStore,
} from '../../data/pretraining/index.ts'
import { formatTokenizerJson } from '../../tokenizers/index.ts'
import { saveTokenizer } from '../../tokenizers/node.ts'
import { startFromCooccurrences } from '../cooccurrence-start.ts'
import { renderReport } from '../report/render-report.ts'
import { reportDefaults } from '../report-settings.ts'
import { evaluatePretraining, joinSets, type PretrainingSet, pretrainingTask } from '../tasks/pretraining.ts'
import { Trainer } from '../trainer.ts'
import { checkPretraining, type PretrainingSettings } from './check-pretraining.ts'
import { environmentOf } from './environment.ts'
import { FillInLog } from './fill-in-log.ts'
import { FolderCheckpoints } from './folder-checkpoints.ts'
import { loggersOf } from './loggers.ts'
import type { PretrainOptions, PretrainResult } from './pretrain-options.ts'
import { pretrainingRecord, pretrainingSettings } from './pretrain-record.ts'
import { RunCorpora } from './run-corpora.ts'
import { ADAPTER_FOLDER, CARD_FILE, METRICS_FILE, REPORT_FILE } from './run-folder.ts'
import { adapterIdentity, decisive, digest, modelHash } from './run-identity.ts'
import { writeModelCard } from './write-model-card.ts'

export type { PretrainOptions, PretrainPhase, PretrainProgress, PretrainResult } from './pretrain-options.ts'

/** What the held-out documents of the run's own corpus are called. */
export const HELD_OUT = 'held-out'

const FILL_INS_FILE = 'fill-ins.json'
const defaultEvalExamples = 512

/**
 * Pre-trains a model on plain text, or goes on pre-training one on the text of a domain, and leaves a folder as
 * `finetuneClassifier` does. The corpus is tokenised once into a file, so that it may be larger than memory. Examples, masks
 * and their order are functions of the seed: the same model, corpus, settings and number of threads give the same weights,
 * also if the run was killed in between and resumed.
 *
 * @throws ConfigError for settings; DataError for a corpus without text, with one document, or binary files
 */
export async function pretrain(options: PretrainOptions): Promise<PretrainResult> {
  const settings = await checkPretraining(options)
  const corpora = await RunCorpora.before([options.output, cacheFolderOf(options)])
  let began = false
  const onEvent: PretrainOptions['onEvent'] = (event) => {
    began = true
    options.onEvent?.(event)
  }
  try {
    return await run({ ...options, onEvent }, settings, corpora)
  } catch (error) {
    // Of a run that was stopped the tokenised corpus stays, so that it need not be made again.
    if (!began && (error instanceof DataError || error instanceof ConfigError)) await corpora.discard()
    throw error
  } finally {
    corpora.close()
  }
}

const cacheFolderOf = ({ cacheFolder, output }: PretrainOptions): string => cacheFolder ?? join(output, 'corpus')

async function run(
  options: PretrainOptions,
  { args, phases, evalShare }: PretrainingSettings,
  corpora: RunCorpora,
): Promise<PretrainResult> {
  const { model, tokenizer, corpus, output, signal, onProgress, resume = false, overwrite = false } = options
  const maxLength = phases[phases.length - 1].maxLength
  const open = (paths: readonly string[]) =>
    corpora.open(paths, {
      ...options.corpusOptions,
      tokenizer,
      tokenizerIdentity: formatTokenizerJson(tokenizer),
      cacheFolder: cacheFolderOf(options),
      signal,
      onProgress: ({ bytesRead, bytesTotal }) => onProgress?.({ stage: 'read', done: bytesRead, total: bytesTotal }),
    })

  // Those to judge by first: they are small, and one that cannot be read ends the run.
  const judges: Record<string, TokenStore> = {}
  for (const [name, paths] of Object.entries(options.evalCorpora ?? {})) judges[name] = await open(paths)
  const store = await open(corpus)
  const held = splitDocuments(store, { evaluationShare: evalShare, seed: args.seed })
  if (options.startEmbeddings === 'cooccurrence') {
    onProgress?.({ stage: 'start', done: 0, total: 1 })
    await startFromCooccurrences(model, store, { documents: held.training, seed: args.seed })
    onProgress?.({ stage: 'start', done: 1, total: 1 })
  }
  const makeSet = (from: TokenStore, documents: ArrayLike<number> | undefined, length = maxLength): ExampleSet => {
    const examples = planExamples(options, from, length, documents, args.seed)
    const seed = args.seed + (documents === held.training ? 0 : 1)
    const vocabulary = maskingVocabulary(tokenizer)
    const collate = createPretrainingCollator({ store: from, examples, vocabulary, masking: options.masking, seed })
    return { examples, collate, items: Array.from(examples.lengths.keys()) }
  }
  const trainSets = phases.map(({ maxLength }) => makeSet(store, held.training, maxLength))
  const train = joinSets(trainSets)
  const heldOut = limited(makeSet(store, held.evaluation), options.evalExamples)
  const others: Record<string, ExampleSet> = {}
  for (const [name, judge] of Object.entries(judges)) {
    others[name] = limited(makeSet(judge, undefined), options.evalExamples)
  }

  const checkpoints = await FolderCheckpoints.open(output, {
    saveTokenizer: (directory) => saveTokenizer(tokenizer, directory),
    settings: {
      ...decisive(args),
      phases,
      pairs: heldOut.examples.layout,
      ...(options.startEmbeddings === 'cooccurrence' && { startEmbeddings: options.startEmbeddings }),
      masking: options.masking ?? { kind: 'token' },
      model: modelHash(model),
      ...(await adapterIdentity(model)),
      corpus: store.fingerprint,
      examples: digest((add) => {
        for (const { examples } of trainSets) {
          add(examples.firstStarts)
          add(examples.lengths)
        }
      }),
    },
    overwrite,
  })
  const sets = { [HELD_OUT]: heldOut, ...others }
  const evaluateAll = async () => {
    const all: Record<string, Record<string, number>> = {}
    for (const [name, set] of Object.entries(sets)) {
      const onBatch = (done: number) => onProgress?.({ stage: 'evaluate', done, total: set.items.length })
      const given = { batchSize: args.evalBatchSize, signal, onProgress: onBatch }
      all[name] = await evaluatePretraining(model, set, set.items, given)
    }
    return all
  }
  const fillIns = await FillInLog.open(join(output, FILL_INS_FILE), model, tokenizer, heldOut, resume)
  const task = pretrainingTask(train, heldOut)
  let step = 0
  const trainer = new Trainer({
    model,
    task: {
      ...task,
      evaluate: async (evaluated, items, given) => {
        await fillIns.record(step)
        return task.evaluate(evaluated, items, given)
      },
    },
    phases: phases.map((phase, i) => ({ ...phase, items: train.items[i] })),
    evalItems: heldOut.items,
    args: { ...args, ...reportDefaults },
    checkpoints,
    callbacks: [...loggersOf(args, output), ...(options.callbacks ?? [])],
    onEvent: (event) => {
      if (event.type === 'evaluate-start') step = event.step
      options.onEvent?.(event)
    },
  })
  // A resumed run is given the model that the run began with, so this is the same again.
  const before = await evaluateAll()
  await fillIns.begin() // only now, since the trainer refuses what cannot be trained
  const result = await trainer.train({ resume, signal })
  const files = ['model.safetensors', 'config.json', 'tokenizer.json', 'trainer_state.json']
  const summary = {
    tokens: store.tokens,
    documents: held.training.length + held.evaluation.length,
    trainExamples: train.examples.lengths.length,
    evalExamples: heldOut.items.length,
  }
  if (result.reason === 'aborted') return { result, metrics: {}, comparisons: {}, files, corpus: summary }

  if (options.saveAdapter) {
    await saveAdapter(model, join(output, ADAPTER_FOLDER))
    files.push(`${ADAPTER_FOLDER}/`)
  }
  const after = await evaluateAll()
  const comparisons = Object.fromEntries(
    Object.keys(sets).map((name) => [name, { before: before[name], after: after[name] }]),
  )
  const metrics = after[HELD_OUT]
  const { steps, seconds, tokensPerSecond, loss } = result
  const json = {
    task: 'pretraining',
    objective: heldOut.examples.layout,
    training: { steps, seconds, tokensPerSecond, loss },
    corpus: summary,
    metrics,
    comparisons,
  }
  await writeFileAtomic(join(output, METRICS_FILE), `${JSON.stringify(json, null, 2)}\n`)
  const environment = await environmentOf(model.engine)
  const record = pretrainingRecord({
    options,
    args,
    result,
    comparisons,
    phases,
    corpus: summary,
    fillIns: fillIns.entries,
    environment,
  })
  const reportPath = join(output, REPORT_FILE)
  await writeFileAtomic(reportPath, renderReport(record))
  const cardPath = await writeModelCard({
    output,
    record,
    task: model.definition.head?.task,
    model,
    labels: [],
    args: { ...args, ...reportDefaults },
    settings: pretrainingSettings(options, phases),
    modelName: options.modelName,
    trainSource: corpus.join(', '),
    evalSource: `held-out part of ${corpus.map((path) => basename(path)).join(', ')}`,
    diagnosed: false,
    card: options.card,
  })
  return {
    result,
    metrics,
    comparisons,
    reportPath,
    cardPath,
    files: [...files, METRICS_FILE, REPORT_FILE, ...(cardPath === undefined ? [] : [CARD_FILE])],
    corpus: summary,
  }
}

/** Examples, how they become batches, and the numbers of those that are used. */
interface ExampleSet extends PretrainingSet {
  examples: PretrainingExamples
  items: number[]
}

function planExamples(
  { model, pairs = 'next-sentence', duplicates }: PretrainOptions,
  store: TokenStore,
  maxLength: number,
  documents: ArrayLike<number> | undefined,
  seed: number,
): PretrainingExamples {
  if (model.definition.head?.task === 'pretraining') {
    return planSentencePairs(store, { objective: pairs, maxLength, documents, duplicates, seed })
  }
  return planFullSentences(store, { maxLength, documents, seed })
}

/** At most so many of the examples, spread evenly. */
function limited(set: ExampleSet, limit = defaultEvalExamples): ExampleSet {
  const { items } = set
  if (items.length <= limit) return set
  return { ...set, items: Array.from({ length: limit }, (_, i) => items[Math.floor((i * items.length) / limit)]) }
}
