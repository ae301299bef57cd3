/**
 * What the text behind the first 64 tokens is worth: `npm run long-texts` trains the same small BERT on long mails four times, cut
 * at 64 tokens and read in windows of 64, and judges each on the same long mails that it has not seen. docs/long-texts.md quotes it.
 */
import { join } from 'node:path'
import { createModel } from '../../src/checkpoints/node.ts'
import { createProgress } from '../../src/cli/progress.ts'
import { randomStream } from '../../src/core/random.ts'
import { bertConfig } from '../../src/models/bert-config.ts'
import { type LongTextSettings, windowPoolings } from '../../src/models/long-texts.ts'
import { trainWordPiece } from '../../src/tokenizers/index.ts'
import { evaluateModel } from '../../src/training/evaluate.ts'
import { finetuneClassifier } from '../../src/training/node/finetune.ts'
import { pairedTests } from '../../src/training/paired-tests.ts'
import { textClassification } from '../../src/training/tasks/text-classification.ts'
import { readMails } from '../quickstart/mails.ts'

const seed = 42
const [trainSize, testSize, leastTokens, maxLength] = [800, 1000, 192, 64]

const mails = await readMails()
randomStream(seed, 'long mails').shuffle(mails)
const tokenizer = await trainWordPiece(
  mails.slice(0, trainSize).map(({ text }) => text),
  { vocabSize: 6000, lowercase: true },
)
const isLong = ({ text }: { text: string }) => tokenizer.encode(text, { truncation: false }).ids.length >= leastTokens
const long = mails.filter(isLong).slice(0, trainSize + testSize)
const [train, test] = [long.slice(0, trainSize), long.slice(trainSize)]
const spam = test.filter(({ label }) => label === 'spam').length / test.length
console.log(
  `${train.length} mails of ${leastTokens} tokens or more to train on, ${test.length} to judge by (${(100 * spam).toFixed(0)} % spam)\n`,
)

async function run(name: string, longTexts?: LongTextSettings) {
  const config = bertConfig({
    vocabSize: tokenizer.vocabSize,
    hiddenSize: 128,
    numHiddenLayers: 2,
    numAttentionHeads: 2,
    intermediateSize: 512,
    maxPositionEmbeddings: maxLength,
    labels: ['ham', 'spam'],
    longTexts,
  })
  const model = await createModel('sequence-classification', 'bert', config, { seed })
  let progress = createProgress({ label: name })
  try {
    const { result } = await finetuneClassifier({
      model,
      tokenizer,
      trainExamples: train,
      output: join('out/long-texts', name),
      overwrite: true,
      args: { epochs: 3, batchSize: 16, learningRate: 1e-3, groupByLength: true, saveStrategy: 'no', seed },
      onEvent: (event) => {
        if (event.type === 'start') progress = createProgress({ label: name, total: event.totalSteps })
        if (event.type === 'step') progress.update(event.step, { note: `loss ${event.loss.toFixed(3)}` })
      },
    })
    progress.finish()
    const { predictions } = await evaluateModel(textClassification, { model, tokenizer, examples: test })
    return { name, predictions, seconds: result.seconds }
  } finally {
    await model.close()
  }
}

const cut = await run('cut')
console.log('            accuracy  95 % interval     F1      against cut            training')
show(cut)
for (const pooling of windowPoolings) show(await run(pooling, { pooling, stride: 16, maxWindows: 6 }))

function show({ name, predictions, seconds }: typeof cut) {
  const { accuracy, f1 } = textClassification.intervals(predictions, ['accuracy', 'f1'], seed)
  const scorer = textClassification.scorer([predictions, cut.predictions], ['accuracy'])
  const { difference, p } = pairedTests(scorer, { seed }).accuracy
  const against = name === 'cut' ? '' : `${difference >= 0 ? '+' : ''}${difference.toFixed(4)}, p ${p.toPrecision(2)}`
  console.log(
    `${name.padEnd(12)}${accuracy.value.toFixed(4)}    ${accuracy.low.toFixed(4)} to ${accuracy.high.toFixed(4)}  ` +
      `${f1.value.toFixed(4)}  ${against.padEnd(22)} ${seconds.toFixed(0)} s`,
  )
}
