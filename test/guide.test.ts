/** Runs the programs of examples/guide as a reader would, in a new folder, and holds what they print to what is known. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from './checkpoint-fixture.ts'

const checkout = fileURLToPath(new URL('..', import.meta.url))
const guide = join(checkout, 'examples/guide')
const programs = readdirSync(guide).filter((name) => /^\d.*\.ts$/.test(name))
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const folder = temporaryFolder()
const timeoutMs = 600_000 // seconds on a machine that has nothing else to do

/** What a program prints. */
async function printed(name: string): Promise<string> {
  const env = { ...process.env, TSX_TSCONFIG_PATH: join(checkout, 'tsconfig.json') }
  const args = ['--import', tsx, join(guide, name)]
  return (await promisify(execFile)(process.execPath, args, { cwd: folder, env })).stdout
}

/** What the groups of a pattern match, a row a match. */
const rows = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, ...groups]) => groups)
const numbers = (text: string, pattern: RegExp) => rows(text, pattern).map((row) => row.map(Number))
const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

const checks: Record<string, (text: string) => void> = {
  '01-tokenize.ts'(text) {
    const table = rows(text, /│ \d+ +│ '(.*?)' +│ \d+ +│ '(.*?)' +│/g)
    expect([table[0], table.at(-1)]).toEqual([
      ['[CLS]', ''],
      ['[SEP]', ''],
    ])
    const pieces = table.slice(1, -1)
    expect(pieces.map(([, places]) => places).join('')).toBe('Thedirectorsfilmeditwonderfully.')
    for (const [token, place] of pieces) expect(token.replace(/^##/, '')).toBe(place.toLowerCase())
    const batch = rows(text, /^Tokens: (.*)\nMask: +(.*)$/gm).map((row) => row.map((each) => each.split(' ')))
    expect(new Set(batch.flat().map(({ length }) => length))).toEqual(new Set([table.length]))
    for (const [tokens, mask] of batch) expect(mask).toEqual(tokens.map((token) => (token === '[PAD]' ? '0' : '1')))
    expect(text).toContain('Decoded: the directors filmed it wonderfully.\n')
  },

  '02-architecture.ts'(text) {
    const [[vocabulary, h]] = numbers(text, /word_embeddings.weight \[ (\d+), (\d+) \]/g)
    const linear = h * h + h // here the feed-forward vectors are as long as the others
    const [norm, positions, layers, labels] = [2 * h, 32, 2, 2]
    const layer = 4 * linear + norm + 2 * linear + norm
    const embeddings = (vocabulary + positions + 2) * h + norm
    const total = embeddings + layers * layer + linear + labels * (h + 1)
    expect(text.split('\n')[0]).toMatch(new RegExp(`^BertForSequenceClassification +${total.toLocaleString('en')}$`))
    expect(text).toContain(`${((4 * total) / 1e6).toFixed(1)} MB to predict`)
  },

  '03-training-loop.ts'(text) {
    const losses = numbers(text, /mean loss (\S+)/g).flat()
    expect(losses).toHaveLength(3)
    expect(losses[2]).toBeLessThan(Math.log(2) / 2) // a coin has log 2
  },

  '04-train-and-test.ts'(text) {
    const [[most]] = numbers(text, /more frequent label: (\S+) %/g)
    const epochs = numbers(text, /train (\S+) %, test (\S+) %/g)
    expect([most, epochs.length]).toEqual([50, 3])
    for (const accuracy of epochs[2]) expect(accuracy).toBeGreaterThan(most + 30)
  },

  '05-sentiment-pipeline.ts'(text) {
    expect(text).toContain("label: 'POSITIVE'")
    const answers = rows(text, /^(\w+) (\S+) (?:What|The)/gm)
    expect(answers.map(([label]) => label)).toEqual(['POSITIVE', 'NEGATIVE', 'POSITIVE', 'NEGATIVE'])
    for (const [, score] of answers) expect(Number(score)).toBeGreaterThan(0.5)
  },

  '06-trainer.ts'(text) {
    const f1 = numbers(text, /^Epoch .* F1 (\S+)$/gm).flat()
    const [[best]] = numbers(text, /^Best: .* F1 (\S+)$/gm)
    expect(f1).toHaveLength(5)
    expect(best).toBe(Math.max(...f1))
    expect(best).toBeGreaterThan(0.8)
    expect(numbers(text, /^The model in .* F1 (\S+)$/gm)).toEqual([[best]])
  },

  '07-sentence-similarity.ts'(text) {
    const cosines = numbers(text, /^(\S+) +(\S+) +(\S+) +(\S+)/gm)
    for (const [i, row] of cosines.entries()) expect([row[i], row]).toEqual([1, cosines.map((other) => other[i])])
    const across = Math.max(...cosines.slice(0, 2).flatMap((row) => row.slice(2)))
    expect(cosines[0][1]).toBeGreaterThan(across) // both about capitals
    expect(cosines[2][3]).toBeGreaterThan(across) // both about films
  },

  '08-hidden-states.ts'(text) {
    const cosines = numbers(text, /cosine .* (\S+)$/gm).flat()
    expect(cosines).toHaveLength(3)
    expect(cosines[0]).toBe(1) // the same word at the same place
    for (const cosine of cosines.slice(1)) expect(cosine).toBeLessThan(0.95)
  },

  '09-attention.ts'(text) {
    const most = numbers(text, /most at .* \((\S+)\)$/gm).flat()
    const svg = readFileSync(join(folder, 'out/guide/attention.svg'), 'utf8')
    const shares = numbers(svg, /fill-opacity="(\S+)"/g).flat()
    const size = most.length
    expect(shares).toHaveLength(size ** 2)
    for (let row = 0; row < size; row++) {
      const own = shares.slice(row * size, (row + 1) * size)
      expect(size * average(own)).toBeCloseTo(1, 5)
      expect(Math.max(...own)).toBeCloseTo(most[row], 2)
    }
  },

  '10-masked-words.ts'(text) {
    const [paris, oslo, shuffled] = numbers(text, /^loss (\S+)/gm).flat()
    expect(paris).toBeLessThan(oslo)
    expect(oslo).toBeLessThan(shuffled)
    expect(text).toMatch(/The capital of France is \[MASK\]\. paris 0\.[5-9]/)
    for (const [things] of rows(text, /The \[MASK\] was wonderful\. (.*)$/gm))
      expect(things).toMatch(/^((film|plot|story|acting|cast|music|ending|dialogue|hero|director) 0\.\d+(, |$)){3}/)
  },

  '11-long-text.ts'(text) {
    const windows = rows(text, /^positive (\S+) {2}(.*)$/gm)
    expect(windows.length).toBeGreaterThan(3)
    expect(windows[0][1]).toMatch(/^The plot was weak/)
    expect(windows.at(-1)![1]).toMatch(/I enjoyed it\.$/)
    const mean = average(windows.map(([positive]) => Number(positive)))
    const [[averaged]] = numbers(text, /windows: POSITIVE (\S+)/g)
    expect(averaged).toBeCloseTo(mean, 2)
    expect(text).toContain('Cut to the first window: NEGATIVE')
  },

  '12-domain-adaptation.ts'(text) {
    const [[before], [after]] = numbers(text, /perplexity of restaurants (\S+)/g)
    expect(after).toBeLessThan(before / 3)
    const [[known], [left]] = numbers(text, /perplexity of films (\S+)/g)
    expect(left).toBeGreaterThan(known)
  },

  '13-continual-training.ts'(text) {
    const [before, , alone, same, , replayed] = numbers(text, /films (\S+) %, restaurants (\S+) %/g)
    expect(same).toEqual(before)
    for (const [films, restaurants] of [alone, replayed]) {
      expect(restaurants).toBeGreaterThan(before[1] + 10)
      expect(films).toBeLessThanOrEqual(before[0])
    }
    expect(replayed[0]).toBeGreaterThan(alone[0]) // what the old reviews are for
  },
}

const runs = new Map<string, Promise<string>>()

describe('the guide', () => {
  beforeAll(async () => {
    await printed('setup.ts')
    const waiting = programs.values()
    const runOneByOne = async () => {
      for (const name of waiting) {
        runs.set(name, printed(name))
        await runs.get(name)!.catch(() => {}) // its own test fails
      }
    }
    await Promise.all([runOneByOne(), runOneByOne()]) // one for each of two cores
  }, timeoutMs)

  test.each(programs)('%s', async (name) => checks[name](await runs.get(name)!))
})

test.each(programs)('%s is short, public and listed', (name) => {
  const code = readFileSync(join(guide, name), 'utf8')
  expect(
    code
      .replace(/^\/\*\*.*?\*\/\n/s, '')
      .trimEnd()
      .split('\n').length,
  ).toBeLessThanOrEqual(50)
  for (const [module] of rows(code, / from '(.*)'/g)) expect(module).toMatch(/^(bertsmith|\.\/setup\.ts|node:.*)$/)
  expect(readFileSync(join(guide, 'README.md'), 'utf8')).toContain(`](${name})`)
})
