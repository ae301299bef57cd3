/**
 * Training with a test after each epoch: accuracy on reviews that were learned from and on reviews never seen.
 * Twin of the tutorials' train() and evaluate() functions with model.train(), model.eval() and argmax over the logits.
 */
import {
  AdamW,
  AutoModelForSequenceClassification,
  AutoTokenizer,
  type ClassificationItem,
  classificationMetrics,
  collateClassification,
  createLoader,
  encodeClassification,
  predictClassification,
  readAllExamples,
} from 'bertsmith'
import { films, labels, languageModel } from './setup.ts'

const tokenizer = await AutoTokenizer.fromPretrained(languageModel)
const model = await AutoModelForSequenceClassification.fromPretrained(languageModel, { labels })
const read = async (file: string) => encodeClassification(await readAllExamples(file), tokenizer, { labels })
const [train, test] = [await read(films.train), await read(films.test)]

/** Share of right answers; predictions are made without dropout. */
async function accuracy(items: readonly ClassificationItem[]): Promise<string> {
  const predictions = await predictClassification(model, items)
  return `${(100 * classificationMetrics(predictions).accuracy).toFixed(1)} %`
}

const positive = test.filter(({ labelId }) => labelId === 1).length / test.length
console.log(`Always the more frequent label: ${(100 * Math.max(positive, 1 - positive)).toFixed(1)} %`)
console.log(`Before training: ${await accuracy(test)}`)

const loader = createLoader({ items: train, collate: collateClassification, batchSize: 16, shuffle: true, seed: 1 })
const training = await model.compile({ optimizer: new AdamW({ learningRate: 5e-4 }), dropout: false })
for (let epoch = 1; epoch <= 3; epoch++) {
  for await (const batch of loader) await training.step(batch)
  console.log(`Epoch ${epoch}: train ${await accuracy(train)}, test ${await accuracy(test)}`)
}
await model.close()
