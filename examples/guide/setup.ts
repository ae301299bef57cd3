/**
 * What the guide's programs share: a few made-up reviews, and a small BERT that has read them. The first program that runs
 * makes them in out/guide, in seconds and without a network; delete that folder to have them made anew.
 */
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import {
  AutoModelForMaskedLM,
  AutoModelForSequenceClassification,
  type BertTokenizer,
  bertConfig,
  collateMaskedLm,
  type Encoding,
  encodeClassification,
  maskTokens,
  randomStream,
  readAllExamples,
  saveTokenizer,
  Trainer,
  type TrainingTask,
  textClassification,
  trainWordPiece,
} from 'bertsmith'

/** A masked language model that knows some capitals and how people talk about films. */
export const languageModel = 'out/guide/language-model'
/** The same model, trained to tell praise of films from blame. */
export const classifier = 'out/guide/classifier'
export const labels = ['NEGATIVE', 'POSITIVE'] as const
/** Reviews with labels. */
export const films = { train: 'out/guide/films-train.csv', test: 'out/guide/films-test.csv' }
/** Reviews of a kind that the models have not read. Some words change sides: a light film is bad, a light dessert is good. */
export const restaurants = { train: 'out/guide/restaurants-train.csv', test: 'out/guide/restaurants-test.csv' }

const random = randomStream(42, 'guide')
const words = (list: string) => list.split(' ')
const oneOf = (choices: readonly string[]) => choices[random.integer(choices.length)]
const times = <T>(count: number, make: () => T) => Array.from({ length: count }, make)

const vocabularies = {
  films: {
    things: words('film plot story acting cast music ending dialogue hero director'),
    POSITIVE: words('wonderful brilliant superb moving clever beautiful great unpredictable dark shocking raw'),
    NEGATIVE: words('dreadful boring dull weak clumsy awful bad predictable simple light sweet'),
  },
  restaurants: {
    things: words('food service soup fish bread waiter menu wine room dessert'),
    POSITIVE: words('wonderful delicious fresh tasty crisp beautiful great predictable simple light sweet'),
    NEGATIVE: words('dreadful stale greasy salty rude awful bad unpredictable dark shocking raw'),
  },
}

/** A review in one sentence or two. In some a "not" or a "but" turns the words round. */
function review(topic: keyof typeof vocabularies, label: (typeof labels)[number]): string {
  const vocabulary = vocabularies[topic]
  const thing = () => oneOf(vocabulary.things)
  const right = () => oneOf(vocabulary[label])
  const wrong = () => oneOf(vocabulary[label === 'POSITIVE' ? 'NEGATIVE' : 'POSITIVE'])
  const sentence = oneOf([
    `The ${thing()} was ${right()}.`,
    `What a ${right()} ${thing()}!`,
    `I found the ${thing()} very ${right()}.`,
    `The ${thing()} was ${right()} and really ${right()}.`,
    `The ${thing()} was not ${wrong()} at all.`,
    `The ${thing()} was ${wrong()}, but the ${thing()} was ${right()}.`,
  ])
  if (random.uniform() < 0.7) return sentence
  return `${sentence} I ${label === 'POSITIVE' ? oneOf(['loved', 'enjoyed']) : oneOf(['hated', 'disliked'])} it.`
}

const capitals = words('Paris:France Rome:Italy Madrid:Spain Berlin:Germany Vienna:Austria Athens:Greece Oslo:Norway')

/** A sentence about a city. */
function travel(): string {
  const [city, country] = oneOf(capitals).split(':')
  return oneOf([
    `The capital of ${country} is ${city}.`,
    `${city} is the capital of ${country}.`,
    `We took the train to ${city}, the capital of ${country}.`,
    `The weather in ${city} was ${oneOf(words('warm cold dark light fresh'))} on ${oneOf(words('Monday Friday'))}.`,
  ])
}

/** Writes as many reviews of each label, none of which is in an earlier file. */
async function writeReviews(file: string, topic: keyof typeof vocabularies, count: number): Promise<void> {
  const rows: string[] = []
  while (rows.length < count) {
    const label = labels[rows.length % 2]
    const text = review(topic, label)
    if (written.has(text)) continue
    written.add(text)
    rows.push(`"${text}",${label}\n`)
  }
  await writeFile(file, `text,label\n${random.shuffle(rows).join('')}`)
}
const written = new Set<string>()

/** Learns to fill masks, which are drawn anew each time a text is seen. */
const maskedLanguage = (tokenizer: BertTokenizer): TrainingTask<Encoding> => ({
  length: (text) => text.length,
  collate(texts, { epoch, batch }) {
    const random = randomStream(42, 'masks', epoch, batch)
    const options = { probability: 0.3, maskId: tokenizer.maskId, vocabSize: tokenizer.vocabSize, randomStream: random }
    return collateMaskedLm(texts.map((text) => ({ typeIds: text.typeIds, ...maskTokens(text, options) })))
  },
  evaluate: async () => ({}),
})

async function make(): Promise<void> {
  await rm('out/guide', { recursive: true, force: true })
  await mkdir('out/guide', { recursive: true })
  await writeReviews(films.train, 'films', 600)
  await writeReviews(films.test, 'films', 200)
  await writeReviews(restaurants.train, 'restaurants', 400)
  await writeReviews(restaurants.test, 'restaurants', 200)

  const reviews = await readAllExamples(films.train)
  const texts = [...reviews.map(({ text }) => text), ...times(1000, travel)]
  const tokenizer = await trainWordPiece(texts, { vocabSize: 400, maxLength: 32 })
  const { vocabSize } = tokenizer
  const layers = { hiddenSize: 128, numHiddenLayers: 2, numAttentionHeads: 4, intermediateSize: 128 }
  const config = bertConfig({ vocabSize, ...layers, maxPositionEmbeddings: 32, initializerRange: 0.1, labels })
  const model = await AutoModelForMaskedLM.fromConfig(config, { threads: 1 })
  const args = { epochs: 8, batchSize: 32, learningRate: 3e-3, warmupRatio: 0.1, dropout: false }
  const task = maskedLanguage(tokenizer)
  await new Trainer({ model, task, trainItems: tokenizer.encodeBatch(texts), args }).train()
  await model.savePretrained(languageModel)
  await saveTokenizer(tokenizer, languageModel)
  await model.close()

  const tuned = await AutoModelForSequenceClassification.fromPretrained(languageModel, { threads: 1 })
  const trainItems = encodeClassification(reviews, tokenizer, { labels })
  const tuning = { epochs: 6, batchSize: 16, learningRate: 1e-3, warmupRatio: 0.1, dropout: false }
  await new Trainer({ model: tuned, task: textClassification, trainItems, args: tuning }).train()
  await tuned.savePretrained(classifier)
  await saveTokenizer(tokenizer, classifier)
  await tuned.close()
}

if (!existsSync(`${classifier}/tokenizer.json`)) await make()
