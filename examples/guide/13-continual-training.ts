/**
 * New data keeps coming: each time training goes on from the last checkpoint, once on the new alone, once with some of the old.
 * Twin of a loop of from_pretrained(checkpoint), train, save_pretrained, with a replay buffer against forgetting.
 */
import {
  AutoModelForSequenceClassification,
  AutoTokenizer,
  type ClassificationItem,
  classificationMetrics,
  type EncoderModel,
  encodeClassification,
  predictClassification,
  readAllExamples,
  Trainer,
  textClassification,
} from 'bertsmith'
import { classifier, films, labels, restaurants } from './setup.ts'

const tokenizer = await AutoTokenizer.fromPretrained(classifier)
const read = async (file: string) => encodeClassification(await readAllExamples(file), tokenizer, { labels })
const [old, oldTest] = [await read(films.train), await read(films.test)]
const [coming, newTest] = [await read(restaurants.train), await read(restaurants.test)]
const deliveries = [coming.slice(0, 200), coming.slice(200)]

async function report(model: EncoderModel, when: string): Promise<void> {
  const percent = async (items: readonly ClassificationItem[]) =>
    `${(100 * classificationMetrics(await predictClassification(model, items)).accuracy).toFixed(1)} %`
  console.log(`${when}: films ${await percent(oldTest)}, restaurants ${await percent(newTest)}`)
}

const args = { epochs: 3, batchSize: 16, learningRate: 1e-3, dropout: false }
for (const replay of [0, 100]) {
  console.log(replay === 0 ? 'The new reviews alone' : `\nThe new reviews and ${replay} old ones`)
  let checkpoint = classifier
  for (const [number, delivery] of deliveries.entries()) {
    const model = await AutoModelForSequenceClassification.fromPretrained(checkpoint)
    if (number === 0) await report(model, '  before')
    const trainItems = [...delivery, ...old.slice(number * replay, (number + 1) * replay)]
    await new Trainer({ model, task: textClassification, trainItems, args }).train()
    await report(model, `  after delivery ${number + 1}`)
    checkpoint = `out/guide/continual-${replay}-${number + 1}`
    await model.savePretrained(checkpoint)
    await model.close()
  }
}
