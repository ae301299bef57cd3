import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '../../core/errors.ts'
import { requireLoggingFolder } from '../../training/node/loggers.ts'
import { undecisiveArguments } from '../../training/node/run-identity.ts'
import { planSearch, search as runSearch } from '../../training/node/search.ts'
import { requireRoom } from '../../training/node/search-folder.ts'
import type { SearchOptions, SearchResult } from '../../training/node/search-options.ts'
import type { SettingValue } from '../../training/run-record.ts'
import { rankedTrials } from '../../training/search/search-record.ts'
import {
  checkSpace,
  type SearchMethod,
  type SearchSpace,
  searchMethods,
  spaceSize,
} from '../../training/search/space.ts'
import { bestMetricName, type TrainingArguments } from '../../training/training-arguments.ts'
import { cardFlags } from '../card-flags.ts'
import { type CommandContext, camelCase, defineCommand, type Flags, kebabCase, type ValuesOf } from '../command.ts'
import { diagnoseFiles, diagnosisText, stopFor } from '../findings.ts'
import { Interrupted } from '../interrupted.ts'
import { encoderStart, type loraFlags, readAdaptation } from '../lora-flags.ts'
import { checkOnModel, checkSettings } from '../search/check-trials.ts'
import { searchProgress } from '../search/search-progress.ts'
import { trialTable } from '../search/search-tables.ts'
import { readSpace } from '../search/space-flags.ts'
import { runTrialProcess } from '../search/trial-process.ts'
import { formatMetric } from '../tables.ts'
import { checkTaskFlags, findTask } from '../tasks/registry.ts'
import { checkEvalSplit, type DataFiles, evaluationFiles, readTrainingData } from '../training-data.ts'
import { readTrainingFlags } from '../training-flags.ts'
import { checkOverwriting, searchFolders } from '../training-folder.ts'
import { tokenization } from './doctor.ts'
import { finetune } from './finetune.ts'

const searchFlags = {
  space: {
    type: 'string',
    required: true,
    many: true,
    value: 'NAME=VALUES|FILE',
    description: 'What to vary: batch-size=8,16 weight-decay=0..0.1 learning-rate=log:1e-5..1e-3, or a file',
  },
  method: { type: 'string', value: searchMethods.join('|'), description: 'How to search (default asha)' },
  trials: { type: 'number', description: 'Settings to try (default 20; grid: all)' },
  'min-length': {
    type: 'number',
    description: 'With asha: epochs, or steps with --max-steps, before trials are compared (default 1; a 27th)',
  },
  'reduction-factor': { type: 'number', description: 'With asha: one of so many trials goes on (default 3)' },
  parallel: { type: 'number', description: 'Trials at a time (default 1)' },
} as const satisfies Flags

const usualTrials = 20

/** Flags of finetune that a search decides itself. */
const decidedHere = ['pause-after-epochs', 'pause-after-steps', 'watch']
const finetuneFlags = Object.fromEntries(Object.entries(finetune.flags).filter(([name]) => !decidedHere.includes(name)))

type SearchValues = ValuesOf<typeof searchFlags> &
  ValuesOf<typeof loraFlags> &
  DataFiles & {
    readonly task: string
    readonly output: string
    readonly model?: string
    readonly size?: string
    readonly tokenizer?: string
    readonly saveAdapter?: boolean
    readonly resume?: boolean
    readonly overwrite?: boolean
    readonly doctor?: boolean
    readonly strict?: boolean
    readonly threads?: number
  }

export const search = defineCommand({
  name: 'search',
  summary: 'Find good training settings',
  example: `bertsmith search --task text-classification --model bert-folder --train train.csv --eval dev.csv --output out/search \\
  --space learning-rate=log:1e-5..1e-3 batch-size=8,16,32 --metric-for-best-model accuracy --epochs 9 --trials 27
bertsmith search --method grid --space learning-rate=2e-5,3e-5,5e-5 batch-size=16,32 epochs=2,3,4 --task text-classification \\
  --model bert-folder --train train.csv --eval-split 0.1 --output out/grid`,
  flags: {
    ...searchFlags,
    ...finetuneFlags,
    output: { ...finetune.flags.output, description: 'Folder for trials, search.json, report' },
    resume: { type: 'boolean', description: 'Go on with the search in --output, if there is one' },
    overwrite: {
      type: 'boolean',
      description: 'Replace an earlier search or run of bertsmith in --output, trials and model included',
    },
  },
  async run(flagValues, _, context) {
    const values = flagValues as unknown as SearchValues
    const commandTask = findTask(values.task)
    checkTaskFlags(commandTask, values)
    const task = commandTask.create(values)
    checkEvalSplit(values)
    const space = await readSpace(values.space)
    const method = (values.method ?? 'asha') as SearchMethod
    if (values.eval !== undefined && typeof evaluationFiles(values.eval) !== 'string') {
      throw new ConfigError('EVAL_DATA', 'a search judges its trials by one file: give --eval FILE without a name')
    }
    if (values.eval === undefined && values.evalSplit === undefined)
      throw new ConfigError(
        'NO_EVAL_DATA',
        'a search judges trials on held-out data: give --eval FILE or --eval-split 0.1',
      )
    readAdaptation(values)
    const settings = trialSettings(values)
    checkComparable(Object.keys(settings), space, method, values.evalSplit)
    const args = readTrainingFlags(settings, true)
    await checkOverwriting(values, searchFolders)
    await requireRoom(values.output, values)
    if (args.loggingDir !== null) await requireLoggingFolder(args, values.output)
    const best = bestMetricName(args)
    const objective = best === 'loss' ? best : task.findMetric(best)
    const plan: Omit<SearchOptions, 'run' | 'output'> = {
      space,
      method,
      trials: values.trials ?? (method === 'grid' ? undefined : Math.min(usualTrials, spaceSize(space))),
      objective,
      greaterIsBetter: args.greaterIsBetter,
      seed: args.seed,
      length: method === 'asha' ? trainingLength(args) : undefined,
      minLength: values.minLength,
      reductionFactor: values.reductionFactor,
      settings: identity(settings),
    }
    // What is wrong with the space is told before what follows from it.
    checkSpace(space, method)
    const variants = checkSettings(space, settings, task)
    const { plan: record } = planSearch(plan)
    // Trials are compared where they pause, so they must be evaluated there.
    if (record.rungs?.unit === 'steps')
      Object.assign(settings, { evalStrategy: 'steps', evalSteps: record.rungs.at[0] })
    const data = await lookOver(values, space, settings, variants, context)
    const progress = searchProgress(context.stderr, record)
    const remark = 'Stopping the trials under way, then saving; Ctrl-C again ends at once.'
    const result = await context
      .stoppable(remark, (signal) =>
        runSearch({
          ...plan,
          output: values.output,
          resume: values.resume,
          overwrite: values.overwrite,
          parallel: values.parallel,
          signal,
          onEvent: progress.onEvent,
          description: { title: `${task.title}: ${values.output}`, task: task.name, ...data },
          run: (job) => runTrialProcess(job, { ...settings, ...job.settings }, objective),
        }),
      )
      .finally(progress.finish)
    if (!result.finished) throw interrupted(values.output, result)
    return report(values.output, result, context)
  },
})

/** What `finetune` gets for every trial, under the names of its flags. */
function trialSettings(values: SearchValues): Record<string, unknown> {
  const own = new Set([
    'config',
    'json',
    'output',
    'resume',
    'overwrite',
    'doctor',
    ...Object.keys(searchFlags).map(camelCase),
  ])
  const settings = Object.fromEntries(
    Object.entries(values).filter(([name, value]) => value !== undefined && !own.has(name)),
  )
  const { doctor = true, parallel = 1, threads } = values
  return {
    ...settings,
    // Data are looked over once, before the first trial.
    doctor: false,
    watch: doctor,
    ...(threads === undefined &&
      parallel > 1 && { threads: Math.max(1, Math.floor(availableParallelism() / parallel)) }),
  }
}

/** @throws ConfigError for settings under which trials cannot be compared, or not where asha pauses them */
function checkComparable(names: readonly string[], space: SearchSpace, method: SearchMethod, split?: number): void {
  if (split !== undefined && Object.hasOwn(space, 'seed')) {
    throw new ConfigError(
      'SPACE',
      'the seed decides what --eval-split holds out, so trials of several seeds could not be compared: give --eval FILE',
    )
  }
  const decided = ['evalStrategy', 'evalSteps', 'evalDelay', 'saveOnlyModel']
  const refused = [...names, ...Object.keys(space)].find((name) => method === 'asha' && decided.includes(name))
  if (refused === undefined) return
  throw new ConfigError('ASHA', `asha decides when trials are evaluated and saved: leave ${kebabCase(refused)} out`)
}

const trainingLength = ({ maxSteps, epochs }: TrainingArguments) => (maxSteps > 0 ? { steps: maxSteps } : { epochs })

/** What a search may be resumed with or without: it decides nothing, or the plan has it. */
const notInIdentity: readonly string[] = [
  ...['watch', 'doctor', 'strict', 'threads', 'seed', 'saveAdapter'],
  ...Object.keys(cardFlags).map(camelCase),
  ...undecisiveArguments,
]

/** What a resumed search must share. */
const identity = (settings: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => !notInIdentity.includes(name))) as Record<
    string,
    SettingValue
  >

/** Reads the data once, so that mistakes in them are told before the first trial, and asks the doctor. */
async function lookOver(
  values: SearchValues,
  space: SearchSpace,
  settings: Record<string, unknown>,
  variants: readonly TrainingArguments[],
  { note }: CommandContext,
) {
  const task = findTask(values.task)
  const args = readTrainingFlags(settings, true)
  const texts = await tokenization(task, values)
  const { train, evaluation } = await readTrainingData(task, values, args.seed, note)
  await checkOnModel(variants, task, values, task.labels(train, values.train))
  if (values.doctor ?? true) {
    const diagnosis = await diagnoseFiles(values.task, values, {
      trainExamples: train,
      evalExamples: evaluation,
      ...texts,
      args,
      start: encoderStart(values),
      seed: args.seed,
      // Of a varied rate the settings say nothing.
      skip: Object.hasOwn(space, 'learningRate') ? ['learning-rate'] : [],
    })
    note(diagnosisText(diagnosis, { brief: true }))
    stopFor(diagnosis, values.strict === true, { findings: diagnosis.findings, counts: diagnosis.counts })
  }
  return {
    modelName: values.model ?? `bert ${values.size}, random weights`,
    trainExamples: train.length,
    trainSource: values.train,
    evalExamples: evaluation.length,
    evalSource: values.eval?.[0] ?? `${values.evalSplit} of ${values.train}`,
  }
}

function interrupted(output: string, { record }: SearchResult): Interrupted {
  const ended = record.results.filter(({ status }) => status !== 'running').length
  return new Interrupted(
    'INTERRUPTED',
    `stopped with ${ended} of ${record.trials} trials tried; ${join(output, 'search.json')} has them. ` +
      'To go on, give the same command again with --resume.',
  )
}

function report(output: string, { record, best, bestFolder, reportPath }: SearchResult, { print }: CommandContext) {
  print(`${trialTable(record)}\n`)
  if (best) {
    const { low, high, value } = best.metrics[record.objective]
    print(
      `Best: trial ${best.number}, ${record.objective} ${formatMetric(value)} (95 % interval ${formatMetric(low)} to ${formatMetric(high)})`,
    )
    print(`Model: ${bestFolder}`)
  }
  print(`Report: ${reportPath}`)
  return {
    output,
    method: record.method,
    objective: record.objective,
    seconds: record.seconds,
    report: reportPath,
    best: best && { trial: best.number, model: bestFolder, settings: best.settings, metrics: best.metrics },
    trials: rankedTrials(record).map(({ number, status, settings, values, metrics, steps, seconds, error }) => ({
      trial: number,
      status,
      settings,
      value: values.at(-1) ?? null,
      metrics,
      steps,
      seconds,
      ...(error && { error }),
    })),
  }
}
