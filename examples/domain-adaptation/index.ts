/**
 * Does going on with pre-training on a domain's own text help? `npm run domain-adaptation -- --data DIR` takes the mini BERT of
 * `npm run pretraining`, goes on with it on the unlabelled texts of some news, and then learns the topics of news from a few
 * labels, from the weights before and after. docs/pretraining.md shows what it printed.
 */
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadModel } from '../../src/checkpoints/node.ts'
import { trainingProgress } from '../../src/cli/training-progress.ts'
import { randomStream } from '../../src/core/random.ts'
import { readAllExamples } from '../../src/data/node.ts'
import { requireBertTokenizer } from '../../src/tokenizers/index.ts'
import { loadTokenizer } from '../../src/tokenizers/node.ts'
import { HELD_OUT, pretrain } from '../../src/training/node/pretrain.ts'
import { compareStarts, formatComparison, sampleLabels } from '../starting-weights.ts'

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    model: { type: 'string', default: 'out/pretraining/mini' },
    output: { type: 'string', default: 'out/domain-adaptation' },
    epochs: { type: 'string', default: '6' },
    seeds: { type: 'string', default: '6' },
    threads: { type: 'string', default: '2' },
  },
})
const [data, general, output] = [values.data, values.model, values.output].map((path) => resolve(path))
const [epochs, seeds, threads] = [values.epochs, values.seeds, values.threads].map(Number)
const perLabel = 25
const labels = ['1', '2', '3', '4'] // world, sports, business, science and technology
if (!existsSync(join(general, 'config.json'))) throw new Error(`no model in ${general}: npm run pretraining makes it`)
await mkdir(output, { recursive: true })

const columns = { header: false, textColumn: 1, textPairColumn: 2, labelColumn: 0 }
const rows = await readAllExamples(join(data, 'agnews', 'test.csv'), columns)
const news = randomStream(1, 'news').shuffle(
  rows.map(({ text, textPair, ...row }) => ({ ...row, text: `${text}\n${textPair}`.replaceAll('\\', ' ') })),
)
const [test, dev, train] = [news.slice(0, 2000), news.slice(2000, 2600), news.slice(2600)]
const corpus = join(output, 'news.txt')
await writeFile(corpus, train.map(({ text }) => text).join('\n\n'))

const tokenizer = requireBertTokenizer(await loadTokenizer(general), 'this experiment')
const adapted = join(output, 'mini')
const model = await loadModel(general, 'masked-lm', { threads })
const progress = trainingProgress(process.stderr)
const { comparisons, result } = await pretrain({
  model,
  tokenizer,
  corpus: [corpus],
  evalCorpora: { general: [join(data, 'wikitext2', 'valid.txt')] },
  output: adapted,
  resume: existsSync(adapted),
  maxLength: 64,
  args: {
    epochs,
    batchSize: 32,
    dropout: false,
    learningRate: 3e-4,
    warmupRatio: 0.1,
    weightDecay: 0.01,
    saveMinutes: 5,
  },
  ...progress,
})
progress.finish()
await model.close()
console.log(`Adapted in ${result.steps} steps, ${(result.seconds / 60).toFixed(1)} minutes. Perplexity of`)
for (const [name, text] of [
  [HELD_OUT, 'news, held out'],
  ['general', 'general text'],
]) {
  const { before, after } = comparisons[name]
  console.log(`  ${text.padEnd(16)} ${before.perplexity.toFixed(1)} -> ${after.perplexity.toFixed(1)}`)
}

const start = (name: string, folder: string) => ({
  name,
  tokenizer,
  makeModel: (seed: number) => loadModel(folder, 'sequence-classification', { labels, seed, threads }),
  learningRate: 3e-4,
})
const results = await compareStarts({
  starts: [start('general model', general), start('adapted to news', adapted)],
  ...{ labels, dev, test, seeds, output: join(output, 'runs'), label: 'Fine-tuning' },
  trainExamples: (seed) => sampleLabels(train, labels, perLabel, seed),
  args: { epochs: 20, batchSize: 16, evalStrategy: 'no', saveStrategy: 'no', loadBestModelAtEnd: false },
})
await writeFile(join(output, 'results.json'), `${JSON.stringify({ comparisons, results }, null, 2)}\n`)
console.log(`\n${formatComparison(`Topic of news from ${perLabel} labels a topic: test accuracy in %`, results)}`)
