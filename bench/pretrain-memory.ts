/**
 * Memory of a long pre-training run: 10,000 steps of a tiny model with its log, evaluations and checkpoints. Prints what the
 * process holds every 500 steps, after garbage collection, and by how much that grows: the slope of a line through all but the
 * first fifth. Of the whole process only what it never falls below is compared, since the thread that computes collects its
 * garbage when it likes: 40,000 steps, a minute, show more than 10,000. Run with
 * `npx tsx --expose-gc bench/pretrain-memory.ts [STEPS]`; status 1 if memory grows more than the log does.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createModel } from '../src/checkpoints/node.ts'
import { randomStream } from '../src/core/random.ts'
import { bertConfig } from '../src/models/bert-config.ts'
import { BertTokenizer } from '../src/tokenizers/index.ts'
import { pretrain } from '../src/training/node/pretrain.ts'

const steps = Number(process.argv[2] ?? 10_000)
const every = steps / 20
/** MiB that 10,000 steps may add: 1,000 entries of the log, and what allocators keep. */
const limits = { heap: 1, buffers: 1, rss: 32 }
const collect = (globalThis as { gc?: () => void }).gc
if (!collect) throw new Error('run with --expose-gc')

interface Sample {
  step: number
  /** MiB of the main thread's objects, of array buffers, and of the whole process with all its threads. */
  heap: number
  buffers: number
  rss: number
}

function sample(step: number): Sample {
  collect!()
  collect!()
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage()
  const mebibytes = (bytes: number) => Math.round((bytes / 2 ** 20) * 100) / 100
  return { step, heap: mebibytes(heapUsed), buffers: mebibytes(arrayBuffers), rss: mebibytes(rss) }
}

const perTenThousand = (mebibytes: number, steps: number) => Math.round((mebibytes / steps) * 1e4 * 100) / 100

/** Of the line with the least squared distances, in MiB per 10,000 steps. */
function slope(samples: readonly Sample[], of: 'heap' | 'buffers'): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(samples.map(({ step }) => step)), mean(samples.map((each) => each[of]))]
  const covariance = samples.reduce((sum, each) => sum + (each.step - x) * (each[of] - y), 0)
  const variance = samples.reduce((sum, { step }) => sum + (step - x) ** 2, 0)
  return perTenThousand(covariance, variance)
}

/** By how much the least of the last quarter is above the least of the second, in MiB per 10,000 steps. */
function rise(samples: readonly Sample[]): number {
  const least = (from: number) =>
    Math.min(...samples.slice(from * samples.length, (from + 0.25) * samples.length).map(({ rss }) => rss))
  return perTenThousand(least(0.75) - least(0.25), steps / 2)
}

const words = ['the', 'cat', 'dog', 'sees', 'hears', 'a', 'red', 'blue', 'bird', 'house', 'tree', '.']
const random = randomStream(1, 'memory')
const sentence = () => Array.from({ length: 4 + random.integer(6) }, () => words[random.integer(12)]).join(' ')
const documents = Array.from({ length: 400 }, () => Array.from({ length: 4 }, sentence).join('\n'))
const folder = mkdtempSync(join(tmpdir(), 'bertsmith-memory-'))
const corpus = join(folder, 'texts.txt')
writeFileSync(corpus, documents.join('\n\n'))
const tokenizer = new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words] })
const config = bertConfig({
  vocabSize: tokenizer.vocabSize,
  hiddenSize: 12,
  numHiddenLayers: 1,
  numAttentionHeads: 3,
  intermediateSize: 17,
  maxPositionEmbeddings: 24,
})
const model = await createModel('masked-lm', 'bert', config, { threads: 1 })
const samples: Sample[] = []
try {
  await pretrain({
    model,
    tokenizer,
    corpus: [corpus],
    output: join(folder, 'out'),
    evalShare: 0.05,
    maxLength: 16,
    args: {
      maxSteps: steps,
      batchSize: 2,
      evalStrategy: 'steps',
      evalSteps: every,
      saveStrategy: 'steps',
      saveSteps: every,
    },
    onEvent(event) {
      if (event.type !== 'step' || event.step % every !== 0) return
      const taken = sample(event.step)
      samples.push(taken)
      console.error(`step ${taken.step}: heap ${taken.heap}, buffers ${taken.buffers}, rss ${taken.rss} MiB`)
    },
  })
} finally {
  await model.close()
  rmSync(folder, { recursive: true })
}
const settled = samples.slice(samples.length / 5)
const growth = { heap: slope(settled, 'heap'), buffers: slope(settled, 'buffers'), rss: rise(samples) }
console.log(JSON.stringify({ steps, growthPer10000Steps: growth, samples }))
const tooMuch = Object.keys(limits).filter(
  (of) => growth[of as keyof typeof limits] > limits[of as keyof typeof limits],
)
if (tooMuch.length > 0) {
  console.error(`memory grows: ${tooMuch.join(', ')}`)
  process.exitCode = 1
}
