/** Tokenizers: bertsmith against Hugging Face's, its native binding for Node and its JavaScript one. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BertTokenizer } from '../src/tokenizers/bert-tokenizer.ts'
import { parseVocabText } from '../src/tokenizers/vocabulary.ts'
import type { ComparedTask, TokenizersResult } from './results.ts'
import { inThisFolder, Side } from './side.ts'
import { median, summarize } from './statistics.ts'
import type { RunContext } from './step-case.ts'

type Measured = Omit<TokenizersResult, 'date' | 'quick' | 'machine' | 'settings'>

/** One way to do a task: returns the number of tokens, which must be the same for all. */
interface Contender {
  name: string
  run(): number | Promise<number>
}

/** Pieces and text of the vocabulary training, as the documentation of Hugging Face's trainer has it for BERT. */
const training = { vocabSize: 30522, bytes: 10e6 }

export async function runTokenizersCase(context: RunContext): Promise<Measured> {
  // One thread: before the library is loaded.
  process.env.TOKENIZERS_PARALLELISM = 'false'
  process.env.RAYON_NUM_THREADS = '1'
  const native = await import('tokenizers')
  const javascript = await import('@huggingface/tokenizers')
  const { data } = context
  const json = await readFile(join(data, 'bert-base-uncased', 'tokenizer.json'), 'utf8')
  const definition = { ...JSON.parse(json), truncation: null, padding: null }
  const wiki = await Promise.all(
    ['valid', 'test'].map((part) => readFile(join(data, 'wikitext2', `${part}.txt`), 'utf8')),
  )
  const texts = wiki.flatMap((text) => text.split('\n')).filter((line) => line.trim() !== '')

  const vocab = parseVocabText(await readFile(join(data, 'bert-base-uncased', 'vocab.txt'), 'utf8'))
  const ours = new BertTokenizer({ vocab })
  const rust = native.Tokenizer.fromString(JSON.stringify(definition))
  const plain = new javascript.Tokenizer(definition, { tokenizer_class: 'BertTokenizer' })

  const ids: Contender[] = [
    {
      name: 'bertsmith',
      run: () => total(ours.encodeBatch(texts), (encoding) => encoding.ids.length),
    },
    {
      name: 'tokenizers (native), encodeBatch alone',
      run: async () => total(await rust.encodeBatch(texts), (encoding) => encoding.getLength()),
    },
    {
      name: 'tokenizers (native), with getIds',
      run: async () => total(await rust.encodeBatch(texts), (encoding) => encoding.getIds().length),
    },
    {
      name: '@huggingface/tokenizers',
      run: () => total(texts, (text) => plain.encode(text).ids.length),
    },
  ]
  const offsets: Contender[] = [
    {
      name: 'bertsmith',
      run: () =>
        total(ours.encodeBatch(texts), ({ ids, starts, ends }) => (starts.length === ends.length ? ids.length : -1)),
    },
    {
      name: 'tokenizers (native), encodeBatch alone',
      run: async () => total(await rust.encodeBatch(texts), (encoding) => encoding.getLength()),
    },
    {
      name: 'tokenizers (native), with getIds and getOffsets',
      run: async () =>
        total(await rust.encodeBatch(texts), (encoding) => (encoding.getOffsets() ? encoding.getIds().length : -1)),
    },
  ]
  const tasks = [
    await compare('ids of WikiText-2', ids, context),
    await compare('ids and offsets of WikiText-2', offsets, context),
    await compareTraining(texts, context),
  ]
  return {
    case: 'tokenizers',
    versions: await versions(),
    texts: texts.length,
    characters: total(texts, (text) => text.length),
    tasks,
    memory: await measureMemory(),
  }
}

async function measureMemory(): Promise<TokenizersResult['memory']> {
  const args = ['--expose-gc', '--import', 'tsx', inThisFolder('tokenizer-memory.ts')]
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout)
}

/** Runs the contenders in turns, in the opposite order every other round. */
async function compare(
  task: string,
  contenders: readonly Contender[],
  { settings, note }: RunContext,
): Promise<ComparedTask> {
  const seconds = contenders.map((): number[] => [])
  let tokens: number | undefined
  for (let round = -settings.warmup; round < settings.rounds; round++) {
    const order = contenders.map((_, i) => (round % 2 === 0 ? i : contenders.length - 1 - i))
    for (const i of order) {
      const start = performance.now()
      const count = await contenders[i].run()
      if (round >= 0) seconds[i].push((performance.now() - start) / 1000)
      tokens ??= count
      if (count !== tokens) throw new Error(`${task}: ${contenders[i].name} finds ${count} tokens, others ${tokens}`)
    }
  }
  const [ours, ...others] = seconds
  note(`${task}: ${contenders.map(({ name }, i) => `${name} ${median(seconds[i]).toFixed(3)} s`).join(', ')}`)
  return {
    task,
    amount: `${tokens} tokens`,
    sides: contenders.map(({ name }, i) => ({ name, seconds: summarize(seconds[i]) })),
    ratios: others.map((values, i) => ({
      side: contenders[i + 1].name,
      times: summarize(values.map((value, round) => value / ours[round])),
    })),
  }
}

/** Learns a WordPiece vocabulary from the same file in bertsmith and in Python's `tokenizers`, each in a process of its own. */
async function compareTraining(texts: readonly string[], context: RunContext): Promise<ComparedTask> {
  const { signal, python, settings } = context
  const file = join(tmpdir(), `bertsmith-bench-corpus-${process.pid}.txt`)
  await writeFile(file, await corpus(texts, context.data))
  const ours = Side.startScript('bertsmith', 'train-wordpiece.ts', signal)
  const theirs = Side.start('tokenizers', python, [inThisFolder('train_wordpiece.py')], signal)
  const request = { file, vocabSize: training.vocabSize, threads: settings.threads }
  const run = (side: Side) => async () => (await side.ask<{ vocabSize: number }>(request)).vocabSize
  const result = await compare(
    'training a WordPiece vocabulary on 10 MB',
    [
      { name: 'bertsmith', run: run(ours) },
      { name: `tokenizers (Python binding), ${settings.threads} threads`, run: run(theirs) },
    ],
    context,
  )
  await Promise.all([ours.close(), theirs.close()])
  return { ...result, amount: `${training.vocabSize} pieces` }
}

/** Ten megabytes of English: the corpus texts and WikiText-2, again from the start where they are shorter. */
async function corpus(texts: readonly string[], data: string): Promise<string> {
  const files = ['movie_reviews', 'state_union', 'inaugural']
  const parts = await Promise.all(files.map((name) => readFile(join(data, 'corpus', `${name}.txt`), 'utf8')))
  const all = [...parts, texts.join('\n')].join('\n')
  return all.repeat(Math.ceil(training.bytes / all.length)).slice(0, training.bytes)
}

function total<Item>(items: readonly Item[], count: (item: Item) => number): number {
  let sum = 0
  for (const item of items) sum += count(item)
  return sum
}

async function versions(): Promise<Record<string, string>> {
  const require = createRequire(import.meta.url)
  const found: Record<string, string> = {}
  for (const name of ['tokenizers', '@huggingface/tokenizers']) {
    const entry = require.resolve(name)
    const folder = entry.slice(0, entry.lastIndexOf(`node_modules/${name}/`) + `node_modules/${name}/`.length)
    found[name] = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')).version
  }
  return found
}
