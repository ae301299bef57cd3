import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { writeFileAtomic } from '../../checkpoints/node.ts'
import type { EncoderModel } from '../../models/model.ts'
import type { CardFacts, CardOptions } from '../report/card-facts.ts'
import { CARD_MARK } from '../report/card-mark.ts'
import { renderModelCard } from '../report/model-card.ts'
import type { RunRecord, SettingValue } from '../run-record.ts'
import { type TrainingArguments, trainingArguments } from '../training-arguments.ts'
import { CARD_FILE, readCard } from './run-folder.ts'

/** A run that has ended, as its card needs it. */
export interface CardRun {
  /** The run's folder. */
  output: string
  record: RunRecord
  /** What the card calls the task. Default: as the record does. */
  task?: string
  model: EncoderModel
  labels: readonly string[]
  args: TrainingArguments
  /** What decides the run beside its arguments. */
  settings: Readonly<Record<string, SettingValue>>
  /** What training began with, as it was called. */
  modelName?: string
  /** Paths of files with commas between them, each perhaps behind `name=` or `0.1 of `. */
  trainSource?: string
  evalSource?: string
  /** Whether data and settings were looked over before the run. */
  diagnosed: boolean
  card?: CardOptions
}

/**
 * Writes a run's model card, README.md. One that bertsmith did not write, or that lost the line that says so, stays as it is.
 * @returns its path, if it was written
 * @throws CheckpointError if the folder cannot be written
 */
export async function writeModelCard(run: CardRun): Promise<string | undefined> {
  const { output } = run
  const before = await readCard(output)
  if (before !== undefined && !before.includes(CARD_MARK)) return undefined
  const path = join(output, CARD_FILE)
  await writeFileAtomic(path, renderModelCard(await cardFacts(run)))
  return path
}

async function cardFacts(run: CardRun): Promise<CardFacts> {
  const { output, record, model, args, modelName, card = {} } = run
  const [train, evaluation] = [run.trainSource, run.evalSource].map(sources)
  // Folders say much of whom they belong to, and nothing of the model.
  const shorten = (text: string) =>
    [...train, ...evaluation].reduce((result, { path }) => result.replaceAll(path, basename(path)), text)
  const { definition } = model
  return {
    name: basename(resolve(output)),
    record: {
      ...record,
      task: run.task ?? record.task,
      warnings: record.warnings?.map(shorten),
      findings: record.findings?.map((finding) => ({ ...finding, message: shorten(finding.message) })),
    },
    modelType: definition.architecture.modelType,
    className: model.className,
    labels: run.labels,
    start: modelName === undefined ? undefined : basename(modelName),
    trainingData: fileNames(train),
    evaluationData: fileNames(evaluation),
    longTexts: model.config.longTexts,
    settings: { ...chosenSettings(args), ...run.settings },
    bestBy: args.loadBestModelAtEnd ? args.metricForBestModel : undefined,
    diagnosed: run.diagnosed,
    told: { ...card, baseModel: card.baseModel ?? (modelName === undefined ? undefined : await hubId(modelName)) },
  }
}

interface Source {
  /** What stands before the path: `german=`, `0.1 of `. */
  before: string
  path: string
}

function sources(given = ''): Source[] {
  const found = given.split(', ').map((part): Source => {
    const [, before = '', path] = /^([^\s=/\\]+=|[\d.]+ of )?(.*)$/s.exec(part)!
    return { before, path }
  })
  return found.filter(({ path }) => path !== '')
}

/** Without folders. */
const fileNames = (found: readonly Source[]): string | undefined =>
  found.length === 0 ? undefined : found.map(({ before, path }) => before + basename(path)).join(', ')

/** The settings that every reader asks for, and those that are not as they would be if nothing were said. */
function chosenSettings(args: TrainingArguments): Record<string, SettingValue> {
  const asked = [
    args.maxSteps > 0 ? 'maxSteps' : 'epochs',
    'batchSize',
    'learningRate',
    'optimizer',
    'lrScheduler',
    'seed',
  ]
  const defaults = trainingArguments({}, { hasEval: true }) as unknown as Record<string, unknown>
  const isDefault = (name: string, value: unknown) => JSON.stringify(value) === JSON.stringify(defaults[name])
  const chosen = Object.entries(args).filter(([name, value]) => asked.includes(name) || !isDefault(name, value))
  return Object.fromEntries(chosen) as Record<string, SettingValue>
}

/** The hub's id of a model that was named by it, or that stands in the hub's cache. */
async function hubId(name: string): Promise<string | undefined> {
  const cached = /models--([^/\\]+?)--([^/\\]+)[/\\]snapshots[/\\]/.exec(`${resolve(name)}/`)
  if (cached) return `${cached[1]}/${cached[2]}`
  const isFolder = await stat(name).then(
    () => true,
    () => false,
  )
  return /^[\w.-]+\/[\w.-]+$/.test(name) && !name.startsWith('.') && !isFolder ? name : undefined
}
