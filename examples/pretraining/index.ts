/**
 * Does pre-training help? `npm run pretraining -- --data DIR` pre-trains a mini BERT (4 layers of 256) from random weights on
 * some 9 million tokens of text, then fine-tunes it on SST-2 with few labels and with all, five times each, beside the same
 * model from random weights. docs/pretraining.md shows what it printed.
 */
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createModel, loadModel } from '../../src/checkpoints/node.ts'
import { createProgress } from '../../src/cli/progress.ts'
import { trainingProgress } from '../../src/cli/training-progress.ts'
import { randomStream } from '../../src/core/random.ts'
import { encodeClassification } from '../../src/data/encode-examples.ts'
import type { Example } from '../../src/data/example.ts'
import { readAllExamples, readTexts } from '../../src/data/node.ts'
import { bertConfig } from '../../src/models/bert-config.ts'
import { requireBertTokenizer, trainWordPiece } from '../../src/tokenizers/index.ts'
import { loadTokenizer, saveTokenizer } from '../../src/tokenizers/node.ts'
import { finetuneClassifier } from '../../src/training/node/finetune.ts'
import { pretrain } from '../../src/training/node/pretrain.ts'
import { predictClassification } from '../../src/training/tasks/text-classification.ts'
import { writeCorpus } from './corpus.ts'
import { deviation, mean, pairedTest } from './paired-test.ts'

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    output: { type: 'string', default: 'out/pretraining' },
    steps: { type: 'string', default: '8000' },
    seeds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
  },
})
const data = resolve(values.data)
const output = resolve(values.output)
const [steps, seeds, threads] = [values.steps, values.seeds, values.threads].map(Number)
const perClass = 100
const labels = ['0', '1']

await mkdir(output, { recursive: true })
const corpus = await writeCorpus(data, join(output, 'corpus'))

const tokenizerFolder = join(output, 'tokenizer')
if (!existsSync(tokenizerFolder)) {
  const texts = (async function* () {
    for (const file of corpus) yield* readTexts(file)
  })()
  await saveTokenizer(
    await trainWordPiece(texts, { vocabSize: 8000, lowercase: true, maxLength: 128 }),
    tokenizerFolder,
  )
}
const tokenizer = requireBertTokenizer(await loadTokenizer(tokenizerFolder), 'this experiment')
const config = bertConfig({
  size: 'mini',
  vocabSize: tokenizer.vocabSize,
  maxPositionEmbeddings: 128,
  padTokenId: tokenizer.padId,
  labels,
})

const pretrained = join(output, 'mini')
const model = await createModel('masked-lm', 'bert', config, { threads })
const progress = trainingProgress(process.stderr)
const {
  result,
  metrics,
  comparisons,
  corpus: size,
} = await pretrain({
  model,
  tokenizer,
  corpus,
  output: pretrained,
  resume: existsSync(pretrained),
  maxLength: 64,
  args: {
    maxSteps: steps,
    batchSize: 32,
    dropout: false,
    learningRate: 1e-3,
    warmupRatio: 0.1,
    weightDecay: 0.01,
    evalStrategy: 'steps',
    evalSteps: Math.max(1, Math.floor(steps / 8)),
    saveStrategy: 'no',
    saveMinutes: 5,
  },
  ...progress,
})
progress.finish()
await model.close()
const { before } = comparisons['held-out']
console.log(`Corpus: ${size.tokens.toLocaleString('en')} tokens in ${size.documents.toLocaleString('en')} documents`)
console.log(
  `Pre-training: ${result.steps.toLocaleString('en')} steps in ${(result.seconds / 60).toFixed(1)} minutes, ` +
    `${Math.round(result.tokensPerSecond).toLocaleString('en')} tokens/s; perplexity ${before.perplexity.toFixed(0)} -> ` +
    `${metrics.perplexity.toFixed(1)}, masked tokens right ${(100 * metrics.masked_accuracy).toFixed(1)} %\n`,
)

const read = (part: string) =>
  readAllExamples(join(data, 'sst2', `${part}.tsv`), { header: false, textColumn: 0, labelColumn: 1 })
const [train, dev, test] = await Promise.all(['train', 'dev', 'test'].map(read))
const results: Record<string, { pretrained: number[]; random: number[] }> = {}
const runs = createProgress({ label: 'Fine-tuning', unit: 'runs', total: seeds * 4 })
for (const size of ['few', 'all'] as const) {
  results[size] = { pretrained: [], random: [] }
  for (let seed = 1; seed <= seeds; seed++) {
    const examples = size === 'few' ? sample(train, seed) : train
    for (const start of ['pretrained', 'random'] as const) {
      results[size][start].push(await accuracy(start, size, examples, seed))
      runs.update(Object.values(results).flatMap(({ pretrained, random }) => [...pretrained, ...random]).length)
    }
  }
}
runs.finish()
await writeFile(join(output, 'results.json'), `${JSON.stringify({ metrics, results }, null, 2)}\n`)

console.log('SST-2 test accuracy in %, mean (standard deviation) over seeds\n')
for (const [size, { pretrained: after, random }] of Object.entries(results)) {
  const text = (of: number[]) => `${(100 * mean(of)).toFixed(1)} (${(100 * deviation(of)).toFixed(1)})`
  const name = size === 'few' ? `${perClass} labels a class` : `all ${train.length} labels`
  console.log(
    `${name.padEnd(22)} random weights ${text(random)}  pre-trained ${text(after)}  gain ` +
      `${(100 * (mean(after) - mean(random))).toFixed(1)} points, p = ${pairedTest(after, random).toFixed(4)}`,
  )
}

/** `perClass` examples of each label. */
function sample(examples: readonly Example[], seed: number): Example[] {
  const order = randomStream(seed, 'few labels').shuffle([...examples])
  return labels.flatMap((label) => order.filter((example) => example.label === label).slice(0, perClass))
}

/** Fine-tunes, keeps what is best on the development set, and measures on the test set. */
async function accuracy(start: 'pretrained' | 'random', size: 'few' | 'all', examples: Example[], seed: number) {
  const classifier =
    start === 'pretrained'
      ? await loadModel(pretrained, 'sequence-classification', { labels, seed, threads })
      : await createModel('sequence-classification', 'bert', config, { seed, threads })
  const folder = join(output, 'runs', `${size}-${start}-${seed}`)
  const few = size === 'few'
  await finetuneClassifier({
    model: classifier,
    tokenizer,
    trainExamples: examples,
    evalExamples: dev,
    output: folder,
    overwrite: true,
    args: {
      epochs: few ? 15 : 4,
      batchSize: few ? 16 : 32,
      learningRate: start === 'pretrained' ? 3e-4 : 5e-4,
      warmupRatio: 0.1,
      weightDecay: 0.01,
      groupByLength: true,
      loadBestModelAtEnd: true,
      metricForBestModel: 'accuracy',
      saveTotalLimit: 1,
      seed,
    },
  })
  const items = encodeClassification(test, tokenizer, { labels })
  const { predictions, labels: truth } = await predictClassification(classifier, items)
  await classifier.close()
  return mean([...predictions].map((prediction, i) => Number(prediction === truth[i])))
}
