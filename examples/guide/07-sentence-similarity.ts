/**
 * A vector for each sentence, the mean of its tokens' vectors, and the cosine as a measure of how alike two sentences are.
 * Twin of AutoModel, last_hidden_state, mean pooling and cosine_similarity.
 */
import { AutoModel, AutoTokenizer, collateSequences } from 'bertsmith'
import { languageModel } from './setup.ts'

const tokenizer = await AutoTokenizer.fromPretrained(languageModel)
const model = await AutoModel.fromPretrained(languageModel)

/** The mean vector of each sentence. */
async function embed(sentences: readonly string[]): Promise<Float64Array[]> {
  const batch = collateSequences(tokenizer.encodeBatch(sentences))
  const { lastHiddenState } = await model.forward(batch)
  const { data, dims } = lastHiddenState!
  const [tokens, width] = dims
  // There is no padding: the tokens of all sentences stand one behind the other.
  return sentences.map((_, sentence) => {
    const first = batch.firstTokens[sentence]
    const end = batch.firstTokens[sentence + 1] ?? tokens
    const mean = new Float64Array(width)
    for (let token = first; token < end; token++) {
      for (let i = 0; i < width; i++) mean[i] += data[token * width + i] / (end - first)
    }
    return mean
  })
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i], 0)
const cosine = (a: Float64Array, b: Float64Array) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))

const sentences = [
  'The capital of France is Paris.',
  'Rome is the capital of Italy.',
  'The music was wonderful.',
  'I found the acting very moving.',
]
const vectors = await embed(sentences)
for (const [i, sentence] of sentences.entries()) {
  console.log(vectors.map((vector) => cosine(vectors[i], vector).toFixed(3)).join('  '), '', sentence)
}
await model.close()
