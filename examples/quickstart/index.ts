/**
 * The main job in one command: `npm run quickstart` reads 6,046 real mails, learns a vocabulary, builds a small BERT with
 * random weights, pre-trains it on the mails without their labels, trains it to tell spam from ham, and compares it with two
 * simpler models on mails it has never seen. Then it does the last step again with few labels, with and without the
 * pre-training.
 */
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createModel, loadModel } from '../../src/checkpoints/node.ts'
import { createProgress } from '../../src/cli/progress.ts'
import { stratifiedSplit } from '../../src/data/index.ts'
import { bertConfig } from '../../src/models/bert-config.ts'
import { textClassificationPipeline } from '../../src/pipelines/text-classification.ts'
import { trainWordPiece } from '../../src/tokenizers/index.ts'
import { classificationMetrics } from '../../src/training/metrics.ts'
import { finetuneClassifier } from '../../src/training/node/finetune.ts'
import { pretrain } from '../../src/training/node/pretrain.ts'
import { bagOfWordsPredictions } from './baseline.ts'
import { fewLabels } from './few-labels.ts'
import { readMails } from './mails.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '42' }, output: { type: 'string', default: 'out/quickstart' } },
})
const seed = Number(values.seed)
const output = resolve(values.output)
if (!Number.isInteger(seed) || seed < 0)
  throw new Error(`--seed must be a whole number of at least 0, not ${values.seed}`)
if (output !== resolve('out/quickstart') && existsSync(output)) throw new Error(`${output} exists: name a new folder`)
const labels = ['ham', 'spam']
const started = performance.now()

console.log('bertsmith quickstart: a BERT that tells spam from ham, built and trained here\n')

const reading = createProgress({ label: 'Reading mails', total: 6046, unit: 'mails' })
const mails = await readMails((done) => reading.update(done, {}))
reading.finish()
const { train, eval: test } = stratifiedSplit(mails, { fraction: 0.2, seed, labelOf: (mail) => mail.label! })

const tokenizer = await trainWordPiece(
  train.map(({ text }) => text),
  { vocabSize: 8000, lowercase: true },
)
console.log(`Vocabulary: ${tokenizer.vocabSize.toLocaleString('en')} pieces, learnt from the training mails`)

const config = bertConfig({
  vocabSize: tokenizer.vocabSize,
  hiddenSize: 128,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 512,
  maxPositionEmbeddings: 256,
  hiddenDropoutProb: 0.2,
  attentionProbsDropoutProb: 0.2,
  labels,
})
// Only the default folder is this program's own to clear.
if (output === resolve('out/quickstart')) await rm(output, { recursive: true, force: true })
await mkdir(output, { recursive: true })
const unlabelled = join(output, 'mails.jsonl')
await writeFile(unlabelled, train.map(({ text }) => `${JSON.stringify({ text })}\n`).join(''))
const languageModel = await createModel('masked-lm', 'bert', config, { seed })
console.log(
  `Model: BERT with ${config.numHiddenLayers} layers of ${config.hiddenSize}, ${languageModel.parameterCount.toLocaleString('en')} parameters, random weights`,
)
const pretrained = join(output, 'pretrained')
let progress = createProgress({ label: 'Pre-training' })
const language = await pretrain({
  model: languageModel,
  tokenizer,
  corpus: [unlabelled],
  output: pretrained,
  maxLength: 64,
  args: {
    epochs: 1,
    batchSize: 32,
    dropout: false,
    learningRate: 2e-3,
    adamBeta2: 0.98,
    warmupRatio: 0.1,
    weightDecay: 0.01,
    evalStrategy: 'no',
    saveStrategy: 'no',
    seed,
  },
  onEvent: (event) => {
    if (event.type === 'start') progress = createProgress({ label: 'Pre-training', total: event.totalSteps })
    if (event.type === 'step') progress.update(event.step, { note: `loss ${event.loss.toFixed(3)}` })
  },
})
progress.finish()
await languageModel.close()
const { before, after } = language.comparisons['held-out']
console.log(
  `Pre-trained on the training mails without their labels: perplexity ${before.perplexity.toFixed(0)} -> ${after.perplexity.toFixed(1)}\n`,
)

/** Scores of labels that some other model predicts. */
const scores = (predicted: readonly string[]) => {
  const ids = (names: readonly (string | undefined)[]) => names.map((name) => labels.indexOf(name!))
  const { accuracy, binary } = classificationMetrics({
    predictions: ids(predicted),
    labels: ids(test.map(({ label }) => label)),
    numLabels: 2,
  })
  return { accuracy, f1: binary!.f1 }
}
const baselines = {
  'always ham': scores(test.map(() => 'ham')),
  'bag of words (naive Bayes)': scores(bagOfWordsPredictions(train, test)),
}

const model = await loadModel(pretrained, 'sequence-classification', { labels, seed })
const classifier = join(output, 'classifier')
let training = createProgress({ label: 'Training' })
const { metrics, result, reportPath } = await finetuneClassifier({
  model,
  tokenizer,
  trainExamples: train,
  evalExamples: test,
  output: classifier,
  title: 'Quickstart: spam or ham',
  baselines,
  args: {
    epochs: 4,
    batchSize: 32,
    learningRate: 1e-3,
    warmupRatio: 0.1,
    weightDecay: 0.01,
    groupByLength: true,
    seed,
  },
  onEvent: (event) => {
    if (event.type === 'start') training = createProgress({ label: 'Training', total: event.totalSteps })
    if (event.type === 'step') training.update(event.step, { note: `loss ${event.loss.toFixed(3)}` })
    if (event.type === 'evaluate')
      training.log(
        `epoch ${event.epoch}: held-out F1 ${event.metrics.f1.toFixed(4)}, loss ${event.metrics.loss.toFixed(3)}`,
      )
  },
})
training.finish()

const shown = createProgress({ label: 'Few labels', unit: 'runs', total: 4 })
const few = await fewLabels({
  sizes: [50, 200],
  train,
  test,
  tokenizer,
  labels,
  seed,
  fresh: () => createModel('sequence-classification', 'bert', config, { seed }),
  pretrained: () => loadModel(pretrained, 'sequence-classification', { labels, seed }),
  output: join(output, 'few'),
  onRun: (done) => shown.update(done, {}),
})
shown.finish()

const newMails = [
  `Re: [bertsmith] build fails on Debian
   On Tuesday Anna wrote: > the build stops with an error in the linker since I upgraded
   That is a known problem with the new version of the library, the bug report has a patch. If you do not want to wait, go
   back to the previous package and hold it. Regards, Jonas`,
  `Lower your monthly payments today!!!
   Dear homeowner, rates have never been lower. Refinance NOW and save thousands of dollars, no matter what your credit
   looks like. 100% free quote, no obligation. Click here. To be removed from our list reply with REMOVE in the subject.`,
  `Saturday
   Hi, we are thinking of taking the train up to the lake on Saturday if the weather holds, probably the one at nine. Do you
   two want to come along? I can bring the tent for the kids. Let me know, Maria`,
].map((mail) => mail.replace(/\s+/g, ' '))
const classify = textClassificationPipeline(model, tokenizer)
const predictions = await classify(newMails)
await classify.close()

const digits = (value: number) => value.toFixed(4)
const minutes = (performance.now() - started) / 60_000
const rows = [
  ...Object.entries(baselines).map(([name, { accuracy, f1 }]) => [name, digits(accuracy), digits(f1), '']),
  [
    'BERT, trained here',
    digits(metrics.accuracy.value),
    digits(metrics.f1.value),
    `${digits(metrics.f1.low)} to ${digits(metrics.f1.high)}`,
  ],
]
console.log(`\nHeld out: ${test.length} of ${mails.length} mails (trained on ${train.length})\n`)
console.log(`${''.padEnd(28)}${'accuracy'.padEnd(10)}${'F1 (spam)'.padEnd(11)}95 % interval`)
for (const [name, accuracy, f1, interval] of rows)
  console.log(`${name.padEnd(28)}${accuracy.padEnd(10)}${f1.padEnd(11)}${interval}`)
console.log(`\n${'With few labels, F1'.padEnd(28)}${'from random'.padEnd(13)}pre-trained`)
for (const { size, fresh, pretrained } of few)
  console.log(`${`${size} labelled mails`.padEnd(28)}${digits(fresh).padEnd(13)}${digits(pretrained)}`)
console.log('\nNew mails')
for (const { text, label, score } of predictions)
  console.log(`  ${label.padEnd(5)}${score.toFixed(3)}  ${text.slice(0, 76)}...`)
console.log(`
Time      ${minutes.toFixed(1)} minutes in all, ${Math.round(result.tokensPerSecond).toLocaleString('en')} tokens/s in training
Memory    ${(process.resourceUsage().maxRSS / 2 ** 20).toFixed(2)} GB at most
Model     ${relative(process.cwd(), classifier)}  (transformers loads it too)
Report    ${relative(process.cwd(), reportPath!)}
Try it    npx bertsmith predict --model ${relative(process.cwd(), classifier)} "You have won a prize"`)
