/**
 * Going on with pre-training on the plain text of a new domain, restaurants, and what that does to the perplexity of both.
 * Twin of the loop over DataCollatorForLanguageModeling batches with perplexity = exp(loss) before and after.
 */
import {
  AdamW,
  AutoModelForMaskedLM,
  AutoTokenizer,
  collateMaskedLm,
  createLoader,
  type Encoding,
  maskTokens,
  randomStream,
  readAllExamples,
  saveTokenizer,
} from 'bertsmith'
import { films, languageModel, restaurants } from './setup.ts'

const tokenizer = await AutoTokenizer.fromPretrained(languageModel)
const model = await AutoModelForMaskedLM.fromPretrained(languageModel)
const read = async (file: string) => tokenizer.encodeBatch((await readAllExamples(file)).map(({ text }) => text))

/** A batch with 15 % of its tokens masked, which ones is decided by the numbers behind it. */
function masked(texts: readonly Encoding[], ...numbers: number[]) {
  const { maskId, vocabSize } = tokenizer
  const options = { maskId: maskId!, vocabSize, randomStream: randomStream(42, ...numbers) }
  return collateMaskedLm(texts.map((text) => ({ typeIds: text.typeIds, ...maskTokens(text, options) })))
}

const tests = { restaurants: masked(await read(restaurants.test)), films: masked(await read(films.test)) }
async function report(when: string): Promise<void> {
  for (const [name, batch] of Object.entries(tests)) {
    const { loss } = await model.forward(batch, { loss: true })
    console.log(`${when}: perplexity of ${name} ${Math.exp(loss!).toFixed(1)}`)
  }
}

await report('Before')
const items = await read(restaurants.train)
const collate = (texts: Encoding[], { epoch, batch }: { epoch: number; batch: number }) => masked(texts, epoch, batch)
const loader = createLoader({ items, collate, batchSize: 16, shuffle: true, seed: 42 })
const training = await model.compile({ optimizer: new AdamW({ learningRate: 1e-3 }), dropout: false })
for (let epoch = 1; epoch <= 6; epoch++) {
  for await (const batch of loader) await training.step(batch)
}
await report('After')

await model.savePretrained('out/guide/restaurant-language-model')
await saveTokenizer(tokenizer, 'out/guide/restaurant-language-model')
await model.close()
