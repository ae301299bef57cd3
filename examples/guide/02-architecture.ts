/**
 * What a BERT consists of: its layers, every weight with its shape, and how much memory they need.
 * Twin of the tutorials' print(model) and their loop over model.named_parameters().
 */
import { AutoModelForSequenceClassification, formatSummary, summarizeModel } from 'bertsmith'
import { classifier } from './setup.ts'

const model = await AutoModelForSequenceClassification.fromPretrained(classifier)

const summary = summarizeModel(model)
console.log(formatSummary(summary))

const { layers, heads, hiddenSize, memory } = summary
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
console.log(`\n${layers} layers with ${heads} heads on vectors of ${hiddenSize} numbers`)
console.log(`${megabytes(memory.inference)} to predict, ${megabytes(memory.training)} to train with AdamW\n`)

for (const { name, shape } of model.parameters.slice(0, 5)) console.log(name, shape)

const bias = await model.parameter('classifier.bias')
console.log('classifier.bias is', bias)
await model.close()
