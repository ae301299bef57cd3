/**
 * What stands between the layers: a word begins with the same vector in every sentence, and its context changes it.
 * Twin of output_hidden_states=True and hidden_states[layer][:, position].
 */
import { AutoModel, AutoTokenizer, collateSequences } from 'bertsmith'
import { languageModel } from './setup.ts'

const tokenizer = await AutoTokenizer.fromPretrained(languageModel)
const model = await AutoModel.fromPretrained(languageModel)

const word = 'dark'
const sentences = ['I found the ending very dark.', 'The weather in Rome was dark on Monday.']
const encodings = tokenizer.encodeBatch(sentences)
const batch = collateSequences(encodings)
const { hiddenStates = [] } = await model.forward(batch, { outputHiddenStates: true })

/** The word's vector in a sentence, after so many layers. */
function vectorOf(sentence: number, layer: number): Float32Array {
  const { data, dims } = hiddenStates[layer]
  const row = batch.firstTokens[sentence] + encodings[sentence].tokens.indexOf(word)
  return data.subarray(row * dims[1], (row + 1) * dims[1])
}

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i], 0)
const cosine = (a: Float32Array, b: Float32Array) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))

for (const sentence of sentences) console.log(sentence)
for (const layer of hiddenStates.keys()) {
  const alike = cosine(vectorOf(0, layer), vectorOf(1, layer)).toFixed(3)
  console.log(`After ${layer} of ${hiddenStates.length - 1} layers: cosine of the two "${word}" ${alike}`)
}
const middle = Math.floor(hiddenStates.length / 2)
console.log('Middle layer:', Array.from(vectorOf(0, middle).subarray(0, 8), (x) => x.toFixed(2)).join(' '), '…')
await model.close()
