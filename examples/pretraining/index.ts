/**
 * Does pre-training help? `npm run pretraining -- --data DIR` pre-trains a mini BERT (4 layers of 256) on some 9 million tokens of
 * text, then fine-tunes it on SST-2 with few labels and with all, six times each, beside the same model from random weights and
 * from token vectors by co-occurrences alone. docs/pretraining.md shows what it printed. A run that was stopped goes on.
 */
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createModel, loadModel } from '../../src/checkpoints/node.ts'
import { trainingProgress } from '../../src/cli/training-progress.ts'
import { readAllExamples, readTexts } from '../../src/data/node.ts'
import { openTokenizedCorpus } from '../../src/data/pretraining/node.ts'
import { bertConfig } from '../../src/models/bert-config.ts'
import { formatTokenizerJson, requireBertTokenizer, trainWordPiece } from '../../src/tokenizers/index.ts'
import { loadTokenizer, saveTokenizer } from '../../src/tokenizers/node.ts'
import { startFromCooccurrences } from '../../src/training/cooccurrence-start.ts'
import { pretrain } from '../../src/training/node/pretrain.ts'
import { compareStarts, formatComparison, type StartingWeights, sampleLabels } from '../starting-weights.ts'
import { writeCorpus } from './corpus.ts'

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    output: { type: 'string', default: 'out/pretraining' },
    steps: { type: 'string', default: '2000' },
    seeds: { type: 'string', default: '6' },
    threads: { type: 'string', default: '2' },
  },
})
const data = resolve(values.data)
const output = resolve(values.output)
const [steps, seeds, threads] = [values.steps, values.seeds, values.threads].map(Number)
const perLabel = 100
const labels = ['0', '1']

await mkdir(output, { recursive: true })
const corpus = await writeCorpus(data, join(output, 'corpus'))

const tokenizerFolder = join(output, 'tokenizer')
if (!existsSync(tokenizerFolder)) {
  const texts = (async function* () {
    for (const file of corpus.train) yield* readTexts(file)
  })()
  await saveTokenizer(
    await trainWordPiece(texts, { vocabSize: 30000, lowercase: true, maxLength: 128 }),
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
  comparisons,
  corpus: size,
} = await pretrain({
  model,
  tokenizer,
  corpus: corpus.train,
  evalCorpora: { reviews: [corpus.heldOutReviews] },
  startEmbeddings: 'cooccurrence',
  masking: { kind: 'token', probability: 0.2 },
  output: pretrained,
  resume: existsSync(pretrained),
  maxLength: 64,
  args: {
    maxSteps: steps,
    batchSize: 32,
    dropout: false,
    learningRate: 5e-4,
    adamBeta2: 0.98,
    adamEpsilon: 1e-6,
    warmupRatio: 0.1,
    weightDecay: 0.01,
    evalStrategy: 'steps',
    evalSteps: Math.max(1, Math.floor(steps / 6)),
    saveStrategy: 'steps',
    saveSteps: 1000,
    saveTotalLimit: 0,
  },
  ...progress,
})
progress.finish()
await model.close()
const { before, after } = comparisons.reviews
console.log(`Corpus: ${size.tokens.toLocaleString('en')} tokens in ${size.documents.toLocaleString('en')} documents`)
console.log(
  `Pre-training: ${result.steps.toLocaleString('en')} steps in ${(result.seconds / 60).toFixed(1)} minutes, ` +
    `${Math.round(result.tokensPerSecond).toLocaleString('en')} tokens/s; perplexity of held-out reviews ` +
    `${before.perplexity.toFixed(0)} -> ${after.perplexity.toFixed(1)}, masked tokens right ` +
    `${(100 * after.masked_accuracy).toFixed(1)} %\n`,
)

/** Token vectors from co-occurrences alone: what masked language modelling is to be better than. */
const wordEmbeddings = 'bert.embeddings.word_embeddings.weight'
const vectors = await (async () => {
  const { store } = await openTokenizedCorpus(corpus.train, {
    ...{ tokenizer, tokenizerIdentity: formatTokenizerJson(tokenizer), cacheFolder: join(pretrained, 'corpus') },
  })
  const model = await createModel('sequence-classification', 'bert', config, { threads })
  try {
    await startFromCooccurrences(model, store)
    return await model.parameter(wordEmbeddings)
  } finally {
    await model.close()
    store.close()
  }
})()

const read = (part: string) =>
  readAllExamples(join(data, 'sst2', `${part}.tsv`), { header: false, textColumn: 0, labelColumn: 1 })
const [train, dev, test] = await Promise.all(['train', 'dev', 'test'].map(read))
const create = (seed: number) => createModel('sequence-classification', 'bert', config, { seed, threads })
/** Learning rates are the best of some on the development set. */
const randomWeights: StartingWeights = { name: 'random weights', tokenizer, makeModel: create, learningRate: 5e-4 }
const cooccurrences = (learningRate: number): StartingWeights => ({
  name: 'co-occurrences alone',
  tokenizer,
  async makeModel(seed) {
    const model = await create(seed)
    await model.setParameter(wordEmbeddings, vectors)
    return model
  },
  learningRate,
})
const preTrained = (learningRate: number): StartingWeights => ({
  name: 'pre-trained',
  tokenizer,
  makeModel: (seed) => loadModel(pretrained, 'sequence-classification', { labels, seed, threads }),
  learningRate,
  reinitializeLayers: 1,
})
const few = await compareStarts({
  starts: [randomWeights, cooccurrences(1.5e-4), preTrained(1.5e-4)],
  ...{ labels, dev, test, seeds, output: join(output, 'few'), label: 'Few labels' },
  trainExamples: (seed) => sampleLabels(train, labels, perLabel, seed),
  args: { epochs: 15, batchSize: 16, evalStrategy: 'no', saveStrategy: 'no', loadBestModelAtEnd: false },
})
console.log('SST-2 test accuracy in %, mean (standard deviation) over seeds\n')
console.log(formatComparison(`${perLabel} labels a class`, few))
const all = await compareStarts({
  starts: [randomWeights, cooccurrences(2e-4), preTrained(2e-4)],
  ...{ labels, dev, test, seeds, output: join(output, 'all'), label: 'All labels' },
  trainExamples: () => train,
  args: { epochs: 3, batchSize: 32 },
})
console.log(formatComparison(`all ${train.length} labels`, all))
await writeFile(join(output, 'results.json'), `${JSON.stringify({ comparisons, few, all }, null, 2)}\n`)
