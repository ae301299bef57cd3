import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { createModel } from '../../checkpoints/node.ts'
import { ConfigError, RuntimeError } from '../../core/errors.ts'
import type { Example } from '../../data/example.ts'
import { bertConfig } from '../../models/bert-config.ts'
import { BertTokenizer } from '../../tokenizers/index.ts'
import type { SearchRecord } from '../search/search-record.ts'
import { textClassification } from '../tasks/text-classification.ts'
import { finetune } from './finetune.ts'
import { search } from './search.ts'
import type { RunTrial, SearchEvent, SearchOptions, TrialJob } from './search-options.ts'
import { finetuneTrials } from './search-trials.ts'

const root = temporaryFolder()
const epochs = 9

/** What a trial's training would say: best at 1e-3, better with each epoch. */
const accuracy = ({ settings }: TrialJob, epoch: number) =>
  1 - 0.1 * Math.abs(Math.log10(settings.learningRate!) + 3) - 0.2 / epoch

/** A training that takes no time; its folder gets a checkpoint. */
const pretend: RunTrial = async (job) => {
  await mkdir(join(job.folder, `checkpoint-${job.pauseAfter?.epochs ?? epochs}`), { recursive: true })
  const to = job.pauseAfter?.epochs ?? epochs
  const value = accuracy(job, to)
  return {
    paused: job.pauseAfter !== undefined,
    steps: 10 * to,
    seconds: to,
    metrics: { accuracy: { value, low: value - 0.01, high: value + 0.01 }, loss: { value: 1, low: 0.9, high: 1.1 } },
    evaluations: Array.from({ length: to }, (_, i) => ({
      step: 10 * (i + 1),
      epoch: i + 1,
      value: accuracy(job, i + 1),
    })),
  }
}

const options = (name: string, more: Partial<SearchOptions> = {}): SearchOptions => ({
  space: { learningRate: { low: 1e-5, high: 1e-1, log: true }, batchSize: [8, 16] },
  method: 'asha',
  trials: 9,
  objective: 'accuracy',
  seed: 5,
  length: { epochs },
  output: join(root, name),
  run: pretend,
  ...more,
})

/** What a search has come to, but for times. */
const saved = async (name: string): Promise<SearchRecord> => ({
  ...JSON.parse(await readFile(join(root, name, 'search.json'), 'utf8')),
  seconds: 0,
})

test('a search leaves its record, its report and the checkpoints of the best alone', async () => {
  const events: SearchEvent[] = []
  const { record, best, bestFolder, reportPath, finished } = await search(
    options('whole', { onEvent: (event) => events.push(structuredClone(event)) }),
  )
  expect([record.rungs, finished]).toEqual([{ unit: 'epochs', at: [1, 3, 9] }, true])
  expect(best!.status).toBe('done')
  const distances = record.results.map(({ settings }) => Math.abs(Math.log10(settings.learningRate!) + 3))
  expect(distances[best!.number - 1]).toBe(Math.min(...distances))
  expect(record.results.every(({ status }) => ['done', 'stopped'].includes(status))).toBe(true)
  expect(JSON.parse(JSON.stringify({ ...record, seconds: 0 }))).toEqual(await saved('whole'))
  const kept = record.results.map(({ number }) =>
    existsSync(join(root, 'whole', 'trials', `00${number}`, 'checkpoint-1')),
  )
  expect(kept).toEqual(record.results.map(({ number }) => number === best!.number))
  expect(bestFolder).toBe(join(root, 'whole', 'trials', `00${best!.number}`))
  expect(await readFile(reportPath, 'utf8')).toContain('Accuracy by setting')
  expect(events[0]).toMatchObject({ type: 'start', trials: 9, unit: 'epochs', done: 0, work: 9 + 6 + 6 })
  expect(events.filter(({ type }) => type === 'trial-start').length).toBeGreaterThanOrEqual(13)
})

test('a search that is cut short anywhere goes on to the same set, and trains nothing twice', async () => {
  await search(options('undisturbed'))
  const expected = await saved('undisturbed')
  for (const cut of [1, 4, 9]) {
    const name = `cut ${cut}`
    const jobs: string[] = []
    const controller = new AbortController()
    const run: RunTrial = async (job) => {
      if (jobs.length === cut) {
        controller.abort()
        throw new Error('stopped')
      }
      jobs.push(`${job.number} to ${job.pauseAfter?.epochs ?? epochs}`)
      return pretend(job)
    }
    const { finished } = await search(options(name, { run, signal: controller.signal }))
    expect(finished).toBe(false)
    await expect(search(options(name))).rejects.toThrow(/holds an earlier search: go on with it with resume/)
    const rest: RunTrial = async (job) => {
      jobs.push(`${job.number} to ${job.pauseAfter?.epochs ?? epochs}`)
      return pretend(job)
    }
    await search(options(name, { run: rest, resume: true }))
    expect(await saved(name)).toEqual(expected)
    expect(new Set(jobs).size).toBe(jobs.length)
  }
})

test('a search.json of something else is not gone on with', async () => {
  for (const content of [
    '{"a":1}',
    '{"space":{},"settings":{},"results":[null]}',
    '{"space":[],"settings":{},"results":[]}',
  ]) {
    await mkdir(join(root, 'no search'), { recursive: true })
    await writeFile(join(root, 'no search/search.json'), content)
    await expect(search(options('no search', { resume: true }))).rejects.toThrow(
      /search\.json is no search's: it lacks/,
    )
  }
})

test('a resumed search may have more trials, but nothing else that is other', async () => {
  await search(options('longer', { method: 'random', trials: 3, settings: { train: 'a.csv' } }))
  const more = options('longer', { method: 'random', trials: 5, settings: { train: 'a.csv' }, resume: true })
  const { record } = await search(more)
  expect(record.results).toHaveLength(5)
  const whole = await search(options('longer whole', { method: 'random', trials: 5 }))
  expect(record.results).toEqual(whole.record.results)
  await expect(search({ ...more, trials: 4 })).rejects.toThrow(/has begun 5 trials/)
  const other = { ...more, seed: 6, settings: { train: 'b.csv' }, space: { ...more.space, batchSize: [8] } }
  await expect(search(other)).rejects.toThrow(
    /other settings.*\n {2}seed: 5 -> 6\n {2}space.batchSize: \[8,16\] -> \[8\]\n {2}train: "a.csv" -> "b.csv"$/,
  )
  const again = await search(options('longer', { method: 'random', trials: 2, overwrite: true }))
  expect(again.record.results).toHaveLength(2)
})

/** A run that begins no training. */
const refuse: RunTrial = async ({ folder }) => {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'finetune.json'), '{}')
  throw new ConfigError('MODEL', 'there is no such model')
}

/** Files in a search's folder. */
async function put(name: string, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    const file = join(root, name, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, '{}')
  }
}

/** Paths of all files in a search's folder. */
const files = async (name: string): Promise<string[]> => {
  const entries = await readdir(join(root, name), { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return paths.map((path) => relative(join(root, name), path).replaceAll(sep, '/')).sort()
}

describe('trials that fail', () => {
  test('are noted, and the search goes on', async () => {
    const run: RunTrial = async (job) => {
      if (job.number === 2) throw new RuntimeError('DIVERGED', 'the loss is no number')
      if (job.number === 3) throw new ConfigError('FREEZE', 'a pattern that matches nothing')
      return pretend(job)
    }
    const { record, best, reportPath } = await search(options('failing', { run, method: 'random', trials: 4 }))
    expect(record.results.map(({ status }) => status)).toEqual(['done', 'failed', 'failed', 'done'])
    expect(record.results[1].error).toEqual({ code: 'DIVERGED', message: 'the loss is no number' })
    expect(best?.status).toBe('done')
    expect(await readFile(reportPath, 'utf8')).toContain('DIVERGED: the loss is no number')
  })

  test('all of them', async () => {
    const run = async () => {
      throw new TypeError('broken')
    }
    const all = search(options('all failing', { run, trials: 3 }))
    await expect(all).rejects.toThrow('all 3 trials failed; the first one: TRIAL: broken')
    expect((await saved('all failing')).results).toHaveLength(3)
  })

  test('the first one before it began: so would all others', async () => {
    await expect(search(options('refused', { run: refuse, parallel: 2 }))).rejects.toThrow('there is no such model')
    expect(existsSync(join(root, 'refused'))).toBe(false)
    await search(options('refused')) // the folder is free
  })

  test('and what stood in the folder before stays', async () => {
    await put('refused beside', 'notes.txt', 'trials/notes.txt')
    await expect(search(options('refused beside', { run: refuse, overwrite: true }))).rejects.toThrow('no such model')
    expect(await files('refused beside')).toEqual(['notes.txt', 'trials/notes.txt'])
  })

  test('so does a search that is gone on with, whose trial may have trained for long', async () => {
    const controller = new AbortController()
    const run: RunTrial = async () => {
      await put('refused later', 'trials/001/finetune.json', 'trials/001/checkpoint-40/model.safetensors')
      controller.abort()
      throw new Error('stopped')
    }
    await search(options('refused later', { run, signal: controller.signal }))
    const before = await files('refused later')
    await expect(search(options('refused later', { run: refuse, resume: true }))).rejects.toThrow('no such model')
    expect(await files('refused later')).toEqual(before)
    await search(options('refused later', { resume: true }))
  })
})

test('several trials at a time train each rung of each trial once', async () => {
  const jobs: string[] = []
  let begun = 0
  let go!: () => void
  const all = new Promise<void>((resolve) => {
    go = resolve
  })
  const run: RunTrial = async (job) => {
    if (++begun === 3) go()
    await all // for good, unless three run at a time
    await new Promise((resolve) => setTimeout(resolve, job.number % 3))
    jobs.push(`${job.number} to ${job.pauseAfter?.epochs ?? epochs}`)
    return pretend(job)
  }
  const { record, best } = await search(options('parallel', { run, parallel: 3 }))
  expect(new Set(jobs).size).toBe(jobs.length)
  const { record: alone } = await search(options('alone'))
  const settings = (search: SearchRecord) => search.results.map((trial) => trial.settings)
  expect(settings(record)).toEqual(settings(alone))
  expect(best?.status).toBe('done')
})

test('a trial that ends before its time stands at every rung above', async () => {
  const run: RunTrial = async (job) => ({ ...(await pretend(job)), paused: job.number !== 2 && !!job.pauseAfter })
  const { record } = await search(options('early', { run, trials: 3 }))
  expect(record.results[1].status).toBe('done')
  expect(record.results[1].values).toHaveLength(3)
})

test('settings that cannot be are refused before the folder is made', async () => {
  for (const [more, message] of [
    [{ length: undefined }, /asha needs the length/],
    [{ trials: undefined }, /trials must be/],
    [{ parallel: 0 }, /parallel must be a whole number/],
    [{ space: {} }, /something to vary/],
  ] as const) {
    await expect(search(options('never', more))).rejects.toThrow(message)
  }
  expect(existsSync(join(root, 'never'))).toBe(false)
})

describe('a folder in which something else stands', () => {
  const one = { method: 'random', trials: 1 } as const

  test.each([
    [
      {},
      /holds an earlier run or a model \(config.json\): since nothing shows that bertsmith wrote it, choose another folder$/,
    ],
    [
      { resume: true },
      /\(config.json\): there is no search to go on with; since nothing shows that bertsmith wrote it, choose another folder$/,
    ],
    [
      { overwrite: true },
      /holds an earlier run or a model \(config.json\): since nothing shows that bertsmith wrote it, choose another folder$/,
    ],
  ])('a model of whoever is refused, with %o', async (more, message) => {
    await put('model', 'config.json')
    await expect(search(options('model', { ...one, ...more }))).rejects.toThrow(message)
    expect(await files('model')).toEqual(['config.json'])
  })

  test.each(['trainer_state.json', 'training_args.json'])('a run of bertsmith is replaced: %s', async (mark) => {
    const name = `run with ${mark}`
    await put(name, 'config.json', 'model.safetensors', 'checkpoint-3/model.safetensors', 'notes.txt', mark)
    await expect(search(options(name, one))).rejects.toThrow(/replace it with overwrite/)
    await expect(search(options(name, { ...one, resume: true }))).rejects.toThrow(
      /there is no search to go on with; replace it with overwrite/,
    )
    await search(options(name, { ...one, overwrite: true }))
    expect(await files(name)).toEqual(['notes.txt', 'report.html', 'search.json'])
  })

  test('in trials/ only trials are replaced', async () => {
    await search(options('mixed', { ...one, trials: 2 }))
    const others = ['trials/notes.txt', 'trials/best/model.safetensors', 'trials/12/trainer_state.json']
    await put(
      'mixed',
      ...others,
      'trials/002/model.safetensors',
      'trials/007/finetune.json',
      'trials/1000/trainer_state.json',
    )
    await search(options('mixed', { ...one, overwrite: true }))
    expect(await files('mixed')).toEqual(['report.html', 'search.json', ...others].sort())
    expect((await readdir(join(root, 'mixed', 'trials'))).sort()).toEqual(['001', '12', 'best', 'notes.txt'])
  })

  test('what is named as a trial and is none is refused', async () => {
    await put('foreign', 'trials/001/model.safetensors')
    for (const more of [{}, { overwrite: true }]) {
      await expect(search(options('foreign', { ...one, ...more }))).rejects.toThrow(
        /holds trials\/ of no search \(001\): since nothing shows that bertsmith wrote it, choose another folder$/,
      )
    }
    await put('lost', 'trials/001/trainer_state.json')
    await expect(search(options('lost', { ...one, resume: true }))).rejects.toThrow(
      /trials\/ of no search \(001\): there is no search to go on with; replace it with overwrite/,
    )
    await search(options('lost', { ...one, overwrite: true }))
  })
})

test('fine-tunings that pause at rungs end as those that do not', async () => {
  const words = ['good', 'great', 'lovely', 'bad', 'awful', 'dull']
  const tokenizer = new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words] })
  const labels = ['down', 'up']
  const examples = Array.from(
    { length: 24 },
    (_, i): Example => ({
      text: `${words[i % 6]} ${words[(i + 1) % 3]}`,
      label: labels[Number(i % 6 < 3)],
      source: { file: 'made.csv', row: i + 2 },
    }),
  )
  const sizes = { hiddenSize: 12, numHiddenLayers: 1, numAttentionHeads: 3, intermediateSize: 17 }
  const config = bertConfig({ ...sizes, vocabSize: tokenizer.vocabSize, maxPositionEmbeddings: 8, labels })
  const make = () => createModel('sequence-classification', 'bert', config, { threads: 1 })
  const shared = { tokenizer, trainExamples: examples, evalExamples: examples.slice(0, 12), watch: false }
  const args = { epochs: 4, warmupRatio: 0.1 }
  const { record, best } = await search(
    options('fine-tuning', {
      trials: 3,
      objective: 'loss',
      length: { epochs: 4 },
      reductionFactor: 2,
      run: finetuneTrials(textClassification, { ...shared, objective: 'loss', createModel: make, args }),
    }),
  )
  expect([record.rungs?.at, record.greaterIsBetter, best?.evaluations.length]).toEqual([[1, 2, 4], false, 4])
  const model = await make()
  const output = join(root, 'plain')
  const { metrics } = await finetune(textClassification, {
    ...shared,
    model,
    args: { ...args, ...best!.settings },
    output,
  }).finally(() => model.close())
  expect(best!.metrics).toEqual(metrics)
  const weights = (folder: string) => readFile(join(folder, 'model.safetensors'))
  const folder = join(root, 'fine-tuning', 'trials', `00${best!.number}`)
  expect((await weights(folder)).equals(await weights(output))).toBe(true)
})
