import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesOf, temporaryFolder } from '../../test/checkpoint-fixture.ts'
import { loadModel } from '../checkpoints/node.ts'
import { CheckpointError, ConfigError } from '../core/errors.ts'
import { loadTokenizer } from '../tokenizers/node.ts'
import { type Fill, type FillMaskOptions, type FillMaskPipeline, type Fills, fillMaskPipeline } from './fill-mask.ts'
import { pipeline } from './node.ts'

interface FixtureCall {
  text: string | string[]
  options: { top_k?: number; targets?: string | string[] }
  fills: Fills | Fills[]
}
/** Models that transformers saved, and what its pipeline answers. */
const fixture: { folders: Record<string, Record<string, string>>; calls: FixtureCall[] } = JSON.parse(
  readFileSync(new URL('fill-mask.fixture.json', import.meta.url), 'utf8'),
)
const optionsOf = ({ options: { top_k, targets } }: FixtureCall): FillMaskOptions => ({ topK: top_k, targets })

/** float32 rounding of a probability. */
const tolerance = 1e-6

const root = temporaryFolder()
const folder = (name: string) => join(root, name)
let fill: FillMaskPipeline
const remarks: string[] = []
beforeAll(async () => {
  for (const [name, files] of Object.entries(fixture.folders)) {
    await mkdir(folder(name))
    for (const [file, base64] of Object.entries(files)) await writeFile(join(folder(name), file), bytesOf(base64))
  }
  const logger = { info() {}, warn: (message: string) => void remarks.push(message) }
  fill = await pipeline('fill-mask', folder('masked-lm'), { threads: 1, logger })
})
afterAll(() => fill?.close())

function expectFills(found: unknown, expected: unknown): void {
  if (Array.isArray(expected)) {
    expect(found).toHaveLength(expected.length)
    for (const [i, each] of expected.entries()) expectFills((found as unknown[])[i], each)
    return
  }
  const { score, ...rest } = expected as Fill
  expect(found).toEqual({ ...rest, score: expect.any(Number) })
  expect(Math.abs((found as Fill).score - score)).toBeLessThan(tolerance)
}

describe('answers are those of transformers', () => {
  test.for(fixture.calls)('$text $options', async (call) => {
    expectFills(await fill(call.text as string, optionsOf(call)), call.fills)
  })

  test('from a checkpoint of the pre-training head, loaded with either head', async () => {
    const loaded = await pipeline('fill-mask', folder('pretraining'), { threads: 1 })
    const model = await loadModel(folder('pretraining'), 'pretraining', { threads: 1, requireHead: true })
    const whole = fillMaskPipeline(model, await loadTokenizer(folder('pretraining')))
    for (const call of fixture.calls) {
      for (const fills of [loaded, whole]) expectFills(await fills(call.text as string, optionsOf(call)), call.fills)
    }
    await Promise.all([loaded.close(), whole.close()])
  })
})

test('batches change nothing', async () => {
  const texts = Array.from(
    { length: 11 },
    (_, i) => `the ${'[MASK] '.repeat(1 + (i % 3))} sat ${'on a mat '.repeat(i % 4)}`,
  )
  const expected: Fills[] = []
  for (const text of texts) expected.push(await fill(text))
  const done: number[] = []
  expectFills(await fill(texts, { batchSize: 4, onProgress: (count) => done.push(count) }), expected)
  expect(done).toEqual([4, 8, 11])
  expect(await fill([])).toEqual([])
})

test('targets that are no tokens are told', async () => {
  remarks.length = 0
  await fill('the [MASK] sat', { targets: ['dog', 'Dogs', ' '] })
  expect(remarks).toEqual([
    'the target "Dogs" is no token: "dog" is taken',
    'the target " " has no token and is left out',
  ])
})

test('a longer text is cut if that was asked for', async () => {
  const short = await pipeline('fill-mask', folder('masked-lm'), { threads: 1, maxLength: 5 })
  expectFills(await short('the [MASK] sat on a mat'), await fill('the [MASK] sat'))
  await expect(short('the dog sat [MASK]')).rejects.toThrow(/no \[MASK\] among the 5 tokens that it was cut to/)
  await short.close()
})

test('a signal ends it between batches', async () => {
  const controller = new AbortController()
  const onProgress = () => controller.abort()
  const running = fill(Array(4).fill('a [MASK]'), { batchSize: 2, signal: controller.signal, onProgress })
  await expect(running).rejects.toMatchObject({ name: 'AbortError' })
})

describe('is refused:', () => {
  test.each<[string, string | string[], FillMaskOptions, string, RegExp]>([
    ['a text without a mask', 'the cat', {}, 'NO_MASK', /the text \("the cat"\) has no \[MASK\]: write \[MASK\]/],
    ['one of several', ['a [MASK]', 'mask'], {}, 'NO_MASK', /^text 2 \("mask"\)/],
    ['one of a later part', ['mask'], { firstNumber: 7 }, 'NO_MASK', /^text 7 \("mask"\)/],
    ['a text that is too long', `[MASK] ${'cat '.repeat(14)}`, {}, 'TEXT_TOO_LONG', /17 tokens.*at most 16.*maxLength/],
    ['no fills', 'a [MASK]', { topK: 0 }, 'TOP_K', /at least 1, not 0/],
    ['half a fill', 'a [MASK]', { topK: 1.5 }, 'TOP_K', /not 1.5/],
    ['no targets', 'a [MASK]', { targets: [] }, 'TARGETS', /at least one/],
    ['targets without tokens', 'a [MASK]', { targets: ' ' }, 'TARGETS', /at least one/],
  ])('%s', async (_name, text, options, code, message) => {
    const running = fill(text as string, options)
    await expect(running).rejects.toMatchObject({ code })
    await expect(running).rejects.toThrow(message)
  })

  test('a model without the head, and a length that the model does not take', async () => {
    const classifier = await loadModel(folder('masked-lm'), 'sequence-classification', { threads: 1 })
    const tokenizer = await loadTokenizer(folder('masked-lm'))
    expect(() => fillMaskPipeline(classifier, tokenizer)).toThrow(ConfigError)
    await classifier.savePretrained(folder('classifier')).finally(() => classifier.close())
    for (const file of ['tokenizer.json', 'tokenizer_config.json'])
      await writeFile(join(folder('classifier'), file), bytesOf(fixture.folders['masked-lm'][file]))
    const making = pipeline('fill-mask', folder('classifier'), { threads: 1 })
    await expect(making).rejects.toThrow(CheckpointError)
    await expect(making).rejects.toThrow(/missing +cls\.predictions/)
    await expect(pipeline('fill-mask', folder('masked-lm'), { maxLength: 17 })).rejects.toThrow(ConfigError)
  })
})
