import { ConfigError } from '../../core/errors.ts'
import { elementCount } from '../../core/shape.ts'
import { type ModelDefinition, modelParameters } from '../../models/graphs.ts'
import { EncoderModel, type ModelOptions } from '../../models/model.ts'
import { createEngine } from '../../runtime/node/engine.ts'
import { savePretrained } from './save-pretrained.ts'

/** A token that is new to a model, and the tokens that stood for it before. */
export interface NewToken {
  id: number
  pieces: ArrayLike<number>
}

/**
 * A copy of a model for a larger vocabulary: a new token's embedding, and its bias in the output layer, are the means of its
 * pieces', so that its logit starts as the mean of theirs. All that the model knows stays, bit for bit; rows between, which no
 * token has, are 0. Ids below the model's vocabulary size take rows that its tokenizer does not use. A generator grows with its
 * discriminator. The model itself is left as it is.
 *
 * @param added such as `growVocabulary` gives
 * @throws ConfigError `NEW_TOKEN` for an id that is none, comes twice or is a piece, and for pieces that the model does not have
 */
export async function growEmbeddings(
  model: EncoderModel,
  added: readonly NewToken[],
  options: ModelOptions = {},
): Promise<EncoderModel> {
  const { definition } = model
  checkTokens(added, definition.config.vocabSize)
  const vocabSize = added.reduce((size, { id }) => Math.max(size, id + 1), definition.config.vocabSize)
  const rowSizes = sizesOfRows(definition)
  const fill = async (grown: EncoderModel) => {
    for (const { name, shape } of grown.parameters) {
      const values = await model.parameter(name)
      const size = rowSizes.get(name)
      await grown.setParameter(name, size === undefined ? values : withRows(values, elementCount(shape), size, added))
    }
    return new Set(grown.parameters.map(({ name }) => name))
  }
  return EncoderModel.create(resized(definition, vocabSize), createEngine, { ...options, save: savePretrained }, fill)
}

function resized(definition: ModelDefinition, vocabSize: number): ModelDefinition {
  const { config, head } = definition
  return { ...definition, config: { ...config, vocabSize }, head: head?.withVocabulary?.(vocabSize) ?? head }
}

/** Elements a token has in each parameter with a row for every token, by name: those that a larger vocabulary makes longer. */
function sizesOfRows(definition: ModelDefinition): Map<string, number> {
  const larger = modelParameters(resized(definition, definition.config.vocabSize + 1))
  const grows = modelParameters(definition).flatMap(({ name, shape: [rows, ...rest] }, i) =>
    larger[i].shape[0] === rows ? [] : [[name, elementCount(rest)] as const],
  )
  return new Map(grows)
}

/** table: [V, size] -> [length / size, size] with a row for each new token */
function withRows(table: Float32Array, length: number, size: number, added: readonly NewToken[]): Float32Array {
  const grown = new Float32Array(length)
  grown.set(table)
  const mean = new Float64Array(size)
  for (const { id, pieces } of added) {
    mean.fill(0)
    for (let p = 0; p < pieces.length; p++) {
      for (let i = 0; i < size; i++) mean[i] += table[pieces[p] * size + i]
    }
    for (let i = 0; i < size; i++) grown[id * size + i] = mean[i] / pieces.length
  }
  return grown
}

function checkTokens(added: readonly NewToken[], vocabSize: number): void {
  const ids = new Set(added.map(({ id }) => id))
  const seen = new Set<number>()
  for (const { id, pieces } of added) {
    const wrong = Array.from(pieces).find((piece) => !isId(piece) || piece >= vocabSize || ids.has(piece))
    const problem = !isId(id)
      ? 'an id must be a whole number from 0'
      : seen.has(id)
        ? 'its id comes twice'
        : pieces.length === 0
          ? 'it has no pieces'
          : wrong !== undefined
            ? `piece ${wrong} is not among the ${vocabSize} tokens that the model has, or is new itself`
            : undefined
    if (problem !== undefined) {
      const advice = "Give it what growVocabulary makes with the model's own tokenizer."
      throw new ConfigError('NEW_TOKEN', `new token ${id}: ${problem}. ${advice}`)
    }
    seen.add(id)
  }
}

const isId = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
