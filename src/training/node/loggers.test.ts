import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BinaryReader } from '@bufbuild/protobuf/wire'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { CheckpointError } from '../../core/errors.ts'
import type { RunControl, TrainerCallback, TrainerEvent } from '../trainer-events.ts'
import type { LogEntry } from '../trainer-state.ts'
import { trainingArguments } from '../training-arguments.ts'
import { jsonLinesLogger, loggersOf, tensorBoardLogger } from './loggers.ts'

const root = temporaryFolder()
const control = { args: { batchSize: 3, freeze: ['embeddings'] } } as unknown as RunControl

const start = (firstStep: number, resumedFrom?: string): TrainerEvent => ({
  type: 'start',
  totalSteps: 9,
  firstStep,
  epochs: 3,
  examples: 12,
  resumedFrom,
})
const step = (at: number, loss = 1 / at): LogEntry => ({
  ...{ step: at, epoch: at / 3, loss, grad_norm: 2, learning_rate: 5e-5 },
})
const evaluation = (at: number): LogEntry => ({ step: at, epoch: at / 3, eval_loss: 0.5, eval_german_f1: 0.75 })
const log = (entry: LogEntry): TrainerEvent => ({ type: 'log', entry })

async function tell(logger: TrainerCallback, ...events: TrainerEvent[]) {
  for (const event of events) await logger(event, control)
}

describe('the JSON Lines logger', () => {
  const lines = async (path: string) => (await readFile(path, 'utf8')).split('\n')

  test('writes each entry of the log when it is made, and nothing else', async () => {
    const path = join(root, 'new', 'folder', 'log.jsonl')
    const logger = jsonLinesLogger(path)
    await tell(logger, start(0), log(step(1)))
    expect(await lines(path)).toEqual([JSON.stringify(step(1)), ''])
    await tell(logger, { type: 'save', step: 1, checkpoint: 'checkpoint-1' }, log(evaluation(2)))
    expect(await lines(path)).toEqual([JSON.stringify(step(1)), JSON.stringify(evaluation(2)), ''])
  })

  test('goes on behind the checkpoint, whatever was logged after it or cut by a kill', async () => {
    const path = join(root, 'resumed.jsonl')
    const entries = [step(1), step(2), evaluation(2), step(3), evaluation(3)]
    await tell(jsonLinesLogger(path), start(0), ...entries.map(log))
    const whole = await readFile(path, 'utf8')
    for (const torn of ['', '{"step":4,"epo', '{"step":2,"epoch":1}']) {
      await appendFile(path, torn)
      await tell(jsonLinesLogger(path), start(2, 'checkpoint-2'), log(step(3)), log(evaluation(3)))
      expect(await readFile(path, 'utf8')).toBe(whole)
    }
  })

  test('goes on without a file, and begins anew for a new run', async () => {
    const path = join(root, 'again.jsonl')
    await tell(jsonLinesLogger(path), start(2, 'checkpoint-2'), log(step(3)))
    expect(await lines(path)).toEqual([JSON.stringify(step(3)), ''])
    await tell(jsonLinesLogger(path), start(0))
    expect(await lines(path)).toEqual([''])
  })

  test('has null where a number is not finite', async () => {
    const path = join(root, 'not finite.jsonl')
    await tell(jsonLinesLogger(path), start(0), log(step(1, Number.NaN)))
    expect(JSON.parse((await lines(path))[0])).toEqual({ ...step(1), loss: null })
  })
})

describe('the TensorBoard logger', () => {
  interface Read {
    step: number
    fileVersion?: string
    status?: number
    tag?: string
    scalar?: number
    text?: string
  }

  /** The events of a folder's files, in the order of their names, without times; the format is checked in event-file.test.ts. */
  async function events(folder: string): Promise<Read[][]> {
    const files = (await readdir(folder)).sort()
    for (const name of files) expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\..+\.\d+\.\d+$/)
    const read = async (name: string) => {
      const bytes = await readFile(join(folder, name))
      const found: Read[] = []
      for (let at = 0; at < bytes.length; ) {
        const size = Number(bytes.readBigUInt64LE(at))
        found.push(eventOf(bytes.subarray(at + 12, at + 12 + size)))
        at += size + 16
      }
      return found
    }
    return Promise.all(files.map(read))
  }

  function eventOf(bytes: Uint8Array): Read {
    const event: Read = { step: 0 }
    fields(bytes, {
      1: (reader) => expect(Math.abs(reader.double() - Date.now() / 1000)).toBeLessThan(60),
      2: (reader) => {
        event.step = Number(reader.int64())
      },
      3: (reader) => {
        event.fileVersion = reader.string()
      },
      5: (reader) =>
        fields(reader.bytes(), {
          1: (summary) =>
            fields(summary.bytes(), {
              1: (value) => {
                event.tag = value.string()
              },
              2: (value) => {
                event.scalar = value.float()
              },
              8: (value) =>
                fields(value.bytes(), {
                  8: (tensor) => {
                    event.text = tensor.string()
                  },
                }),
            }),
        }),
      7: (reader) =>
        fields(reader.bytes(), {
          1: (session) => {
            event.status = session.int32()
          },
        }),
    })
    return event
  }

  function fields(bytes: Uint8Array, read: Record<number, (reader: BinaryReader) => void>) {
    const reader = new BinaryReader(bytes)
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag()
      if (read[number]) read[number](reader)
      else reader.skip(type)
    }
  }

  const settings = '| setting | value |\n|---|---|\n| batchSize | 3 |\n| freeze | ["embeddings"] |'

  test('writes scalars under the names that transformers has', async () => {
    const folder = join(root, 'board')
    await tell(tensorBoardLogger(folder), start(0), log(step(1)), log(evaluation(2)))
    expect(await events(folder)).toEqual([
      [
        { step: 0, fileVersion: 'brain.Event:2' },
        { step: 0, status: 1 },
        { step: 0, tag: 'args/text_summary', text: settings },
        { step: 1, tag: 'train/loss', scalar: 1 },
        { step: 1, tag: 'train/grad_norm', scalar: 2 },
        { step: 1, tag: 'train/learning_rate', scalar: Math.fround(5e-5) },
        { step: 1, tag: 'train/epoch', scalar: Math.fround(1 / 3) },
        { step: 2, tag: 'eval/loss', scalar: 0.5 },
        { step: 2, tag: 'eval/german_f1', scalar: 0.75 },
      ],
    ])
  })

  test('goes on in another file, which supersedes what the first has behind the checkpoint', async () => {
    const folder = join(root, 'board resumed')
    await tell(tensorBoardLogger(folder), start(0), log(step(2)), log(step(3)))
    await tell(tensorBoardLogger(folder), start(2, 'checkpoint-2'), log(step(3, 0.25)))
    const [, second] = await events(folder)
    expect(second.slice(1, 4)).toEqual([
      { step: 3, status: 1 },
      { step: 2, tag: 'args/text_summary', text: settings },
      { step: 3, tag: 'train/loss', scalar: 0.25 },
    ])
  })
})

test('loggers are made by their names, each once, in the output folder or another', async () => {
  const output = join(root, 'output')
  const made = (args: object) => loggersOf(trainingArguments(args), output)
  expect(made({})).toEqual([])
  const loggers = made({ reportTo: ['tensorboard', 'jsonl', 'jsonl'] })
  expect(loggers).toHaveLength(2)
  for (const logger of loggers) await tell(logger, start(0))
  expect((await readdir(join(output, 'logs'))).sort()).toEqual([expect.stringMatching(/^events/), 'log.jsonl'])
  const elsewhere = join(root, 'elsewhere')
  for (const logger of made({ reportTo: ['jsonl'], loggingDir: elsewhere })) await tell(logger, start(0))
  expect(await readdir(elsewhere)).toEqual(['log.jsonl'])
})

test.each([jsonLinesLogger, tensorBoardLogger])('%o says where it cannot write', async (create) => {
  const file = join(root, `${create.name} file`)
  await writeFile(file, 'x')
  const refused = tell(create(join(file, 'log')), start(0))
  await expect(refused).rejects.toThrow(CheckpointError)
  await expect(tell(create(join(file, 'log')), start(0))).rejects.toThrow(file)
  const folder = join(root, `${create.name} folder`, 'log')
  await mkdir(folder, { recursive: true })
  if (create === jsonLinesLogger) await expect(tell(create(folder), start(0))).rejects.toThrow(folder)
})
