import { ConfigError } from '../core/errors.ts'
import { truncatedSvd } from '../core/sparse-svd.ts'
import { type CooccurrenceOptions, positiveMutualInformation } from '../data/pretraining/cooccurrence.ts'
import type { TokenStore } from '../data/pretraining/index.ts'
import type { EncoderModel } from '../models/model.ts'

/** How to start from co-occurrences. */
export interface CooccurrenceStartOptions extends CooccurrenceOptions {
  seed?: number
}

/** Standard deviation of the vectors' components, in multiples of the config's `initializerRange`. Measured: docs/decisions.md. */
const spread = 2

/**
 * Gives a new model's tokens vectors that tell which tokens a corpus uses alike: E = U sqrt(S) of the truncated singular value
 * decomposition of positive mutual information (Levy and Goldberg 2014, "Neural word embedding as implicit matrix
 * factorization"), less the mean vector, and scaled. Tokens that the corpus does not have keep their random vectors.
 * @throws ConfigError if the vocabularies differ
 */
export async function startFromCooccurrences(
  model: EncoderModel,
  store: TokenStore,
  { seed = 0, ...options }: CooccurrenceStartOptions = {},
): Promise<void> {
  const name = `${model.definition.architecture.prefix}.embeddings.word_embeddings.weight`
  const {
    shape: [vocabSize, width],
    isFrozen,
  } = model.parameters.find((parameter) => parameter.name === name)!
  if (isFrozen) {
    throw new ConfigError('FROZEN', `${name} is frozen beside adapters: vectors of new models alone can start anew`)
  }
  if (store.vocabSize !== vocabSize) {
    throw new ConfigError(
      'VOCABULARY',
      `the corpus has token ids of a vocabulary of ${store.vocabSize}, but the model's has ${vocabSize}: both must be of one tokenizer`,
    )
  }
  const information = positiveMutualInformation(store, options)
  const { left, singularValues } = truncatedSvd(information, width, { seed })
  const { rowStarts } = information
  const known = [...Array(vocabSize).keys()].filter((token) => rowStarts[token + 1] > rowStarts[token])
  const vectors = left.map((value, i) => value * Math.sqrt(singularValues[i % width]))
  const mean = new Float64Array(width)
  for (const token of known) for (let i = 0; i < width; i++) mean[i] += vectors[token * width + i] / known.length
  let squares = 0
  for (const token of known) {
    for (let i = 0; i < width; i++) {
      vectors[token * width + i] -= mean[i]
      squares += vectors[token * width + i] ** 2
    }
  }
  const scale = (spread * model.config.initializerRange) / Math.sqrt(squares / (known.length * width))
  const values = await model.parameter(name)
  for (const token of known) {
    for (let i = 0; i < width; i++) values[token * width + i] = scale * vectors[token * width + i]
  }
  await model.setParameter(name, values)
}
