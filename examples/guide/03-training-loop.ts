/**
 * Fine-tuning by hand: a classifier on a pre-trained model, your own loop over batches, AdamW, a rate that rises and falls.
 * Twin of the PyTorch loop with DataLoader, loss.backward(), optimizer.step() and get_linear_schedule_with_warmup.
 */
import {
  AdamW,
  AutoModelForSequenceClassification,
  AutoTokenizer,
  collateClassification,
  createLoader,
  encodeClassification,
  readAllExamples,
  saveTokenizer,
  scheduleFactor,
} from 'bertsmith'
import { films, labels, languageModel } from './setup.ts'

const tokenizer = await AutoTokenizer.fromPretrained(languageModel)
const model = await AutoModelForSequenceClassification.fromPretrained(languageModel, { labels })

const examples = await readAllExamples(films.train, { requireLabel: true })
const items = encodeClassification(examples, tokenizer, { labels, maxLength: 32 })
const loader = createLoader({ items, collate: collateClassification, batchSize: 16, shuffle: true, seed: 42 })

const epochs = 3
const learningRate = 1e-3
const schedule = { warmupSteps: 10, totalSteps: epochs * loader.batchesPerEpoch(), learningRate }
const optimizer = new AdamW({ learningRate, weightDecay: 0.01 })
const training = await model.compile({ optimizer, dropout: false }) // so small a model learns faster without dropout

for (let epoch = 1; epoch <= epochs; epoch++) {
  let sum = 0
  for await (const batch of loader) {
    const rate = learningRate * scheduleFactor('linear', training.steps, schedule)
    // One call does forward, backward, clipping and the update; gradients start from zero each time.
    const { loss } = await training.step(batch, { learningRate: rate })
    sum += loss
  }
  console.log(`Epoch ${epoch}: mean loss ${(sum / loader.batchesPerEpoch()).toFixed(3)}`)
}

await model.savePretrained('out/guide/fine-tuned')
await saveTokenizer(tokenizer, 'out/guide/fine-tuned')
await model.close()
