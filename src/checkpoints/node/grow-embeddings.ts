import { ConfigError } from '../../core/errors.ts'
import { EncoderModel, type ModelOptions } from '../../models/model.ts'
import { createEngine } from '../../runtime/node/engine.ts'
import { savePretrained } from './auto-model.ts'

/** A token that is new to a model, and the tokens that stood for it before. */
export interface NewToken {
  id: number
  pieces: ArrayLike<number>
}

/**
 * A copy of a model for a larger vocabulary. All that it knows stays, bit for bit; the embedding of a new token, and its bias in
 * the output layer, are the means of its pieces'. The model itself is left as it is.
 *
 * @param added such as `growVocabulary` gives
 * Rows between, which no token has, are 0.
 * @throws ConfigError for pieces that the model does not have, or a head whose vocabulary is not the model's own
 */
export async function growEmbeddings(
  model: EncoderModel,
  added: readonly NewToken[],
  options: ModelOptions = {},
): Promise<EncoderModel> {
  const { config } = model.definition
  const { vocabSize } = config
  if (model.parameters.some(({ name }) => name.startsWith('generator.'))) {
    throw new ConfigError(
      'NOT_SUPPORTED',
      "a model with a generator cannot grow: the generator's vocabulary is its own",
    )
  }
  for (const { id, pieces } of added) {
    const wrong = Array.from(pieces).find((piece) => !(Number.isInteger(piece) && piece >= 0 && piece < vocabSize))
    if (wrong === undefined && pieces.length > 0) continue
    throw new ConfigError(
      'NEW_TOKEN',
      `new token ${id}: ${pieces.length === 0 ? 'it has no pieces' : `piece ${wrong} is not among`} the model's ${vocabSize} tokens`,
    )
  }
  const grown = added.reduce((size, { id }) => Math.max(size, id + 1), vocabSize)
  const definition = { ...model.definition, config: { ...config, vocabSize: grown } }
  return EncoderModel.create(definition, createEngine, { ...options, save: savePretrained }, async (created) => {
    const filled = new Set<string>()
    const oldSizes = new Map(model.parameters.map(({ name, shape }) => [name, shape]))
    for (const { name, shape } of created.parameters) {
      const [rows, ...rest] = oldSizes.get(name) ?? []
      const values = await model.parameter(name)
      if (rows === shape[0]) await created.setParameter(name, values)
      else if (rows === vocabSize && shape[0] === grown) {
        const width = rest.reduce((a, b) => a * b, 1)
        const larger = await created.parameter(name)
        larger.set(values)
        for (const { id, pieces } of added) larger.set(meanRow(values, width, pieces), id * width)
        await created.setParameter(name, larger)
      }
      filled.add(name)
    }
    return filled
  })
}

/** Mean of some rows. table: [rows, width] -> [width] */
function meanRow(table: Float32Array, width: number, rows: ArrayLike<number>): Float64Array {
  const mean = new Float64Array(width)
  for (let r = 0; r < rows.length; r++) {
    for (let i = 0; i < width; i++) mean[i] += table[rows[r] * width + i] / rows.length
  }
  return mean
}
