/**
 * A text that is longer than the model takes: windows that overlap, a prediction for each, and the mean of the probabilities.
 * Twin of return_overflowing_tokens=True with stride, softmax and mean over the chunks.
 */
import {
  AutoModelForSequenceClassification,
  AutoTokenizer,
  argmaxRows,
  classificationLogits,
  softmaxRows,
} from 'bertsmith'
import { classifier } from './setup.ts'

const tokenizer = await AutoTokenizer.fromPretrained(classifier)
const model = await AutoModelForSequenceClassification.fromPretrained(classifier)
const { labels } = model.config

const text =
  'The plot was weak and really clumsy. I disliked it. What a wonderful ending! The music was brilliant. ' +
  'The cast was superb and really moving. I loved it. I found the dialogue very clever. The director was great. I enjoyed it.'

const windows = tokenizer.encodeBatch([text], { maxLength: 16, stride: 4, returnOverflowingTokens: true })
const probabilities = softmaxRows(await classificationLogits(model, windows), labels.length)
const perWindow = windows.map((_, i) => probabilities.subarray(i * labels.length, (i + 1) * labels.length))
const mean = labels.map((_, label) => perWindow.reduce((sum, row) => sum + row[label], 0) / windows.length)

for (const [i, { offsets }] of windows.entries()) {
  const [start, end] = [offsets[1][0], offsets.at(-2)![1]] // between [CLS] and [SEP]
  console.log(`positive ${perWindow[i][labels.indexOf('POSITIVE')].toFixed(3)}  ${text.slice(start, end)}`)
}

const [first] = argmaxRows(probabilities, labels.length)
const [overall] = argmaxRows(Float32Array.from(mean), labels.length)
console.log(`Cut to the first window: ${labels[first]}`)
console.log(`Mean of ${windows.length} windows: ${labels[overall]} ${mean[overall].toFixed(3)}`)
await model.close()
