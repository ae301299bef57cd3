/** Runs of `pretrain` that are killed at a chosen moment, for tests. */
import { type FSWatcher, watch } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import { loadModel } from '../checkpoints/node.ts'
import { randomStream } from '../core/random.ts'
import { loadTokenizer } from '../tokenizers/node.ts'
import { parsePythonJson } from '../training/python-json.ts'
import { makeModelFolder, makeVocabulary, type ProgramResult, startProgram } from './program.samples.ts'

/** Makes `texts.txt`, a tokenizer `tok` and a tiny model `base` in a folder. */
export async function makePretrainingData(folder: string, documents: number): Promise<void> {
  await makeVocabulary(join(folder, 'tok'))
  await makeModelFolder(join(folder, 'base'), join(folder, 'tok'))
  await writeFile(join(folder, 'texts.txt'), corpusText(documents))
}

/** Documents of 3 to 5 sentences, with blank lines between. */
export function corpusText(documents: number): string {
  const random = randomStream(5, 'killed runs')
  const words = 'good great lovely bright bad awful dull broken , film'.split(' ')
  const sentence = () => Array.from({ length: 4 + random.integer(6) }, () => words[random.integer(10)]).join(' ')
  const document = () => Array.from({ length: 3 + random.integer(3) }, sentence).join('\n')
  return Array.from({ length: documents }, document).join('\n\n')
}

/**
 * When to kill: while the corpus is tokenised; in the evaluation before the first step; in one between steps; in a step or
 * whatever else happens at a random time after training began; while a checkpoint is written or put in its place; while the
 * last checkpoint becomes the result and the report is written.
 */
export type Moment = 'tokenising' | 'first evaluation' | 'evaluation' | 'step' | 'checkpoint' | 'end'

/** What a killed run was found to be at, by what it left. */
export interface Killed {
  moment: Moment
  delayMs: number
  left: string[]
}

/** A run in a folder with the data of `makePretrainingData`, and how it is killed. */
export interface KilledRun {
  folder: string
  /** Name of the output folder. */
  output: string
  /** The command line, which names that folder. */
  args: readonly string[]
  /** Seconds that an undisturbed run trains: the random time to a `step` is a part of them. */
  seconds?: number
}

/**
 * Starts a run and kills it at a moment; its folder must hold a whole model all the time, once it holds one.
 * @param count which evaluation or checkpoint of those to come
 */
export async function runAndKill(
  { folder, output, args, seconds = 1 }: KilledRun,
  moment: Moment,
  count = 1,
): Promise<Killed> {
  const path = join(folder, output)
  await mkdir(join(path, 'corpus'), { recursive: true }) // here, so that they can be watched from the beginning
  const watchers: FSWatcher[] = []
  let note!: (name: string) => void
  const reached = new Promise<void>((resolve) => {
    let trains = false
    const seen = new Set<string>()
    let evaluations = 0
    note = (name) => {
      trains ||= name === 'config.json' || name === 'going on'
      if (trains && name === 'fill-ins.json') evaluations++
      seen.add(name)
      const checkpoints = [...seen].filter((each) => /^\.checkpoint-\d+\.incoming$/.test(each)).length
      const isReached: Record<Moment, boolean> = {
        tokenising: /^corpus.*\.tmp$/.test(name),
        'first evaluation': name.endsWith('.tokens'), // the whole corpus is in its place
        evaluation: evaluations >= count,
        step: trains,
        checkpoint: checkpoints >= count,
        end: name === 'metrics.json.tmp',
      }
      if (isReached[moment]) resolve()
    }
  })
  for (const inner of ['', 'corpus/']) {
    // 'rename': a name that comes or goes, not every write.
    watchers.push(watch(join(path, inner), (event, name) => event === 'rename' && note(`${inner}${name}`)))
  }
  const { child, done } = startProgram(args, folder)
  // A new run writes its model before its first step; a resumed one says which checkpoint it goes on from.
  child.stderr!.on('data', (text) => String(text).includes('going on from') && note('going on'))
  const loading = loadsUntil(path, done)
  await Promise.race([reached, done, loading])
  const longestMs: Record<Moment, number> = {
    tokenising: 30,
    'first evaluation': 30,
    evaluation: 5,
    step: 150 * seconds,
    checkpoint: 12,
    end: 12,
  }
  const delayMs = Math.random() * longestMs[moment]
  if (delayMs > 1) await wait(delayMs)
  child.kill('SIGKILL')
  const { status, stderr } = await done
  for (const watcher of watchers) watcher.close()
  await loading
  expect(status, `${moment}: it had ended\n${stderr}`).toBeNull()
  const left = [...(await readdir(path)), ...(await readdir(join(path, 'corpus'))).map((name) => `corpus/${name}`)]
  return { moment, delayMs, left }
}

/** Loads a folder again and again until a run ends. @returns how often it could be loaded */
export async function loadsUntil(path: string, done: Promise<ProgramResult>): Promise<number> {
  let ended = false
  void done.then(() => {
    ended = true
  })
  let loads = 0
  while (!ended) {
    // A new model's last file.
    if ((await readdir(path)).includes('config.json')) {
      await loadOnce(path)
      loads++
    }
    await wait(20)
  }
  return loads
}

/** Loads the encoder, which all objectives have, and the tokenizer; what a run logs must be whole too. */
export async function loadOnce(path: string): Promise<void> {
  const model = await loadModel(path, 'sequence-classification', { threads: 1 })
  await model.close()
  await loadTokenizer(path)
  for (const name of ['fill-ins.json', 'trainer_state.json', 'training_args.json', 'metrics.json']) {
    const text = await readFile(join(path, name), 'utf8').catch(() => 'null')
    parsePythonJson(text)
  }
}

/** What a run has come to: its weights, and all numbers but times. */
export async function resultOf(path: string): Promise<Record<string, unknown>> {
  const timeless = async (name: string) => {
    const text = await readFile(join(path, name), 'utf8').catch(() => 'null')
    const times = ['seconds', 'tokensPerSecond', 'eval_runtime', 'eval_samples_per_second']
    return JSON.parse(JSON.stringify(parsePythonJson(text)), (key, value) => (times.includes(key) ? undefined : value))
  }
  return {
    weights: (await readFile(join(path, 'model.safetensors'))).toString('base64'),
    fillIns: await timeless('fill-ins.json'),
    state: await timeless('trainer_state.json'),
    metrics: await timeless('metrics.json'),
  }
}

/** Names that only a killed run leaves. */
export async function leftovers(path: string): Promise<string[]> {
  const names = await readdir(path, { recursive: true })
  return names.filter((name) => /(^|\/)\.|\.tmp$/.test(name))
}
