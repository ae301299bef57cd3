/** `npm run bench:real-data`: the same trainings by bertsmith and by transformers' Trainer. See docs/benchmarks.md. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { replaceFile } from '../../src/core/node/write-file.ts'
import { count } from '../flags.ts'
import { machine } from '../machine.ts'
import { inThisFolder, Side, SideError } from '../side.ts'
import { markdownTable, textTable } from '../table.ts'
import { type DataSet, type DataSetName, dataSetNames, dataSets, type SetSettings } from './data-sets.ts'
import { type Examples, type Prepared, prepareRun, readExamples, trainingSettings } from './prepare.ts'
import type { FinetuneAnswer, FinetuneRequest } from './protocol.ts'
import {
  joinSettings,
  type RealDataResult,
  type RunResult,
  resultRows,
  resultsHeader,
  type SideName,
} from './results.ts'
import { readLogits, scoreLogits } from './score.ts'

const help = `npm run bench:real-data -- --model DIR [flags]

  --model DIR       BERT folder to start from (config.json, model.safetensors, tokenizer)
  --data DIR        folder with sst2, agnews, stsb, wnut17 and xquad (default: ../shared/data by the checkout)
  --sets NAMES      of ${dataSetNames.join(', ')}, with commas between (default: all)
  --seeds N         seeds 1 to N (default 5)
  --examples N      at most so many training examples a set (default: those of bench/real-data/data-sets.ts)
  --eval-examples N at most so many held-out examples (default 2000, which is all)
  --epochs N        (default: those of bench/real-data/data-sets.ts)
  --steps N         stop each run after so many steps: does it run?
  --no-dropout      train without dropout
  --threads N       of each side (default 2)
  --python FILE     interpreter with torch, transformers and accelerate (default: BERTSMITH_PYTHON, or python3)
  --output FILE     results (default: bench/results/real-data.json), written after each run
  --resume          go on with the runs that the results lack
  --check           measure nothing: without dropout, losses of the first steps (--steps, default 10) must agree within 1e-3
  --markdown        measure nothing: print the stored results for docs/benchmarks.md
  --help            this text
`

/** Largest difference of losses that are computed in another order. */
const lossTolerance = 1e-3
const allSides: readonly SideName[] = ['bertsmith', 'transformers']

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    data: { type: 'string', default: inThisFolder('../../shared/data') },
    sets: { type: 'string', default: dataSetNames.join() },
    seeds: { type: 'string', default: '5' },
    examples: { type: 'string' },
    'eval-examples': { type: 'string' },
    epochs: { type: 'string' },
    steps: { type: 'string' },
    'no-dropout': { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    python: { type: 'string', default: process.env.BERTSMITH_PYTHON || 'python3' },
    output: { type: 'string', default: inThisFolder('results/real-data.json') },
    resume: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const note = (text: string) => process.stderr.write(`${text}\n`)

/** Returns the exit status. */
async function main(signal: AbortSignal): Promise<number> {
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  if (values.markdown) {
    process.stdout.write(markdownTable(resultsHeader, resultRows(await readResult())))
    return 0
  }
  if (!values.model) throw new Error('name the folder to start from with --model')
  const chosen = values.sets.split(',').map(setOf)
  const seeds = count('--seeds', values.seeds, 1)
  if (values.check) return check(chosen, values.model, signal)
  const result = await openResult(chosen, values.model)
  const { runs } = result
  const data = new Map<DataSetName, Examples>()
  for (const name of chosen) data.set(name, await readExamples(dataSets[name], values.data, settingsOf(name)))
  const limit = values.steps === undefined ? Number.POSITIVE_INFINITY : count('--steps', values.steps, 1)
  for (let seed = 1; seed <= seeds; seed++) {
    const order = seed % 2 === 1 ? allSides : allSides.toReversed()
    for (const [name, examples] of data) {
      const isDone = (side: SideName) => runs.some((run) => run.set === name && run.seed === seed && run.side === side)
      const missing = order.filter((side) => !isDone(side))
      if (missing.length === 0) continue
      await inFolder(`${name}-${seed}`, async (folder) => {
        const prepared = await prepareRun(examples, settingsOf(name), { model: values.model!, folder, seed, limit })
        for (const side of missing) {
          runs.push(await measure(side, name, seed, examples, prepared, signal))
          await replaceFile(values.output, `${JSON.stringify(result, null, 2)}\n`)
        }
      })
    }
  }
  process.stdout.write(`${textTable(resultsHeader, resultRows(result))}\nWritten to ${values.output}\n`)
  return 0
}

/** Trains and judges one side. */
async function measure(
  side: SideName,
  set: DataSetName,
  seed: number,
  examples: Examples,
  prepared: Prepared,
  signal: AbortSignal,
): Promise<RunResult> {
  const { folder, features, steps } = prepared
  const logitsFile = join(folder, `${side}.logits`)
  const loadAverage = loadavg()[0]
  const request = requestOf(set, seed, prepared, !values['no-dropout'])
  const { seconds, threads, versions } = await train(side, { ...request, logitsFile }, signal)
  if (threads !== request.threads) note(`WARNING: ${side} used ${threads} threads, not ${request.threads}`)
  const metrics = await scoreLogits(examples, prepared, await readLogits(logitsFile), dataSets[set].metrics)
  const shown = Object.entries(metrics).map(([metric, value]) => `${metric} ${value.toFixed(4)}`)
  note(`${set}, seed ${seed}, ${side}: ${steps.length} steps in ${seconds.toFixed(1)} s, ${shown.join(', ')}`)
  return {
    set,
    seed,
    side,
    seconds,
    metrics,
    trainItems: features.train.length,
    evalItems: features.eval.length,
    steps: steps.length,
    threads,
    versions,
    loadAverage,
  }
}

/** Whether both sides start from the same weights and take the same steps. */
async function check(chosen: readonly DataSetName[], model: string, signal: AbortSignal): Promise<number> {
  const limit = count('--steps', values.steps ?? '10', 1)
  let failures = 0
  for (const name of chosen) {
    const settings = settingsOf(name)
    const examples = await readExamples(dataSets[name], values.data, settings)
    await inFolder(`${name}-check`, async (folder) => {
      const prepared = await prepareRun(examples, settings, { model, folder, seed: 1, limit })
      const request = { ...requestOf(name, 1, prepared, false), check: true }
      const [ours, theirs] = [await train('bertsmith', request, signal), await train('transformers', request, signal)]
      const differences = ours.losses!.map((loss, i) => Math.abs(loss - theirs.losses![i]))
      const worst = Math.max(...differences)
      const ends = [ours, theirs].map(({ losses }) => `${losses![0].toFixed(4)} -> ${losses!.at(-1)!.toFixed(4)}`)
      // A difference that is not a number is none that is small.
      const agrees = worst <= lossTolerance && ours.parameters === theirs.parameters
      if (!agrees) failures++
      process.stdout.write(
        `${name}: ${agrees ? 'agrees' : 'DIFFERS'}: ${differences.length} steps, losses ${ends.join(' and ')}, largest ` +
          `difference ${worst.toExponential(1)}; ${ours.parameters} and ${theirs.parameters} parameters\n`,
      )
    })
  }
  return failures > 0 ? 1 : 0
}

const requestOf = (set: DataSetName, seed: number, { folder, steps }: Prepared, dropout: boolean): FinetuneRequest => ({
  task: dataSets[set].task,
  folder,
  settings: trainingSettings(settingsOf(set), steps.length, seed, dropout),
  threads: count('--threads', values.threads, 1),
})

/** Trains in a process of its own. */
async function train(name: SideName, request: FinetuneRequest, signal: AbortSignal) {
  const side =
    name === 'bertsmith'
      ? Side.startScript(name, 'real-data/bertsmith-side.ts', signal)
      : Side.start(name, values.python, [inThisFolder('real-data/transformers_trainer.py')], signal)
  const answer = await side.ask<FinetuneAnswer>(request)
  await side.close()
  if (!('missing' in answer)) return answer
  throw new Error(
    `${values.python} ${answer.missing}: install torch, transformers and accelerate, and name the interpreter with --python ` +
      'or BERTSMITH_PYTHON',
  )
}

/** Gives a folder beside the results, and removes it afterwards. */
async function inFolder(name: string, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = `${resolve(values.output)}.${name}`
  try {
    await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function readResult(): Promise<RealDataResult> {
  if (!existsSync(values.output)) throw new Error(`there are no results in ${values.output}`)
  return JSON.parse(await readFile(values.output, 'utf8')) as RealDataResult
}

/** The results to add to: new ones, or with `--resume` those of the file. */
async function openResult(chosen: readonly DataSetName[], model: string): Promise<RealDataResult> {
  const weights = createHash('sha256')
    .update(await readFile(join(model, 'model.safetensors')))
    .digest('hex')
  const settings = {
    weights,
    threads: count('--threads', values.threads, 1),
    dropout: !values['no-dropout'],
    ...(values.steps !== undefined && { steps: count('--steps', values.steps, 1) }),
    sets: Object.fromEntries(chosen.map((name) => [name, settingsOf(name)])),
  }
  await mkdir(dirname(resolve(values.output)), { recursive: true })
  if (!existsSync(values.output)) return { date: new Date().toISOString(), machine: machine(), settings, runs: [] }
  if (!values.resume)
    throw new Error(`${values.output} holds results: add to them with --resume, or name another --output`)
  const stored = await readResult()
  return { ...stored, settings: joinSettings(stored.settings, settings) }
}

function settingsOf(name: DataSetName): SetSettings {
  const { settings }: DataSet = dataSets[name]
  return {
    ...settings,
    ...(values.examples !== undefined && { examples: count('--examples', values.examples, 1) }),
    ...(values['eval-examples'] !== undefined && {
      evalExamples: count('--eval-examples', values['eval-examples'], 1),
    }),
    ...(values.epochs !== undefined && { epochs: count('--epochs', values.epochs, 1) }),
  }
}

function setOf(text: string): DataSetName {
  const name = dataSetNames.find((known) => known === text.trim())
  if (name) return name
  throw new Error(`there is no data set "${text}"; there are ${dataSetNames.join(', ')}`)
}

const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ending.abort())
try {
  process.exitCode = await main(ending.signal)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = ending.signal.aborted ? 130 : error instanceof SideError ? 1 : 2
  ending.abort() // ends a side that is still at work
}
