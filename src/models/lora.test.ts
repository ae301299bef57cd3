/** Adapted models against Python's peft: the answers are those of scripts/fixtures/lora.py. */
import { describe, expect, test } from 'vitest'
import { Answers, distanceOf, largestDifference, norm } from '../../test/answers.ts'
import { fillByFormula, formulaBatch } from '../../test/formula.ts'
import { allWeights, oddSizes } from '../../test/odd-model.ts'
import { taskBatches } from '../../test/task-batches.ts'
import { ConfigError } from '../core/errors.ts'
import { collateSequences } from '../data/collator.ts'
import { liveNodes } from '../graph/live.ts'
import { createEngine } from '../runtime/node/engine.ts'
import { AdamW } from '../training/optimizers/adamw.ts'
import { trainedParameters } from '../training/trained-parameters.ts'
import { trainingArguments } from '../training/training-arguments.ts'
import type { ModelBatch } from './batch-inputs.ts'
import { bertConfig } from './bert-config.ts'
import { electraConfig } from './electra-config.ts'
import { gradientGraph, type ModelDefinition, modelParameters } from './graphs.ts'
import { sequenceClassification } from './heads/sequence-classification.ts'
import { initialValues } from './initialize.ts'
import { isLoraParameter, type LoraConfig, loraB, loraConfig, mergeWeights } from './lora.ts'
import { EncoderModel } from './model.ts'
import { findArchitecture, findHead } from './registry.ts'
import { summarizeModel } from './summary.ts'
import type { CompileOptions } from './training-session.ts'

/** Absolute, of logits and losses. */
const forwardTolerance = 1e-5
/** Of a gradient's difference, relative to its norm. */
const gradientTolerance = 1e-5
/** Absolute, of losses and weights over twenty steps. */
const trainingTolerance = 1e-5

interface LoraCase {
  model: 'bert' | 'electra'
  task: string
  lora: Partial<LoraConfig>
  config: Record<string, unknown>
  lengths: number[]
  learningRates: number[]
}

const answers = new Answers(new URL('fixtures/lora.safetensors', import.meta.url))
const cases = (answers.case as unknown as { cases: LoraCase[] }).cases

function definitionOf({ model, task, lora, config }: LoraCase): ModelDefinition {
  return {
    architecture: findArchitecture(model, 'the case'),
    config: model === 'bert' ? bertConfig(config) : electraConfig(config),
    head: findHead(task, model),
    lora: loraConfig(lora),
  }
}

function batchOf({ task, lengths }: LoraCase, { config }: ModelDefinition): ModelBatch {
  const { vocabSize, labels } = config
  const makeBatch = taskBatches[task]
  if (makeBatch) return makeBatch({ lengths, vocabSize, classes: labels.length }).batch
  const made = formulaBatch(lengths, vocabSize, labels.length)
  return task === 'masked-lm' ? made.maskedLm : made.classification
}

describe.each(cases.map((each, index) => ({ ...each, index })))(
  '$model for $task with $lora',
  ({ index, ...given }) => {
    const withModel = async (use: (model: EncoderModel, batch: ModelBatch) => Promise<void>) => {
      const definition = definitionOf(given)
      const model = await EncoderModel.create(definition, createEngine, { threads: 1 }, fillByFormula)
      await use(model, batchOf(given, definition)).finally(() => model.close())
    }

    test('computes, and trains for twenty steps, as in peft', () =>
      withModel(async (model, batch) => {
        const { weightDecay, maxGradNorm } = answers.case
        const { logits } = await model.forward(batch)
        const expected = answers.get(`${index}/logits`)
        expect(largestDifference(logits!.data as Float32Array, expected)).toBeLessThan(forwardTolerance)

        const before = await allWeights(model)
        const training = await model.compile({ optimizer: new AdamW({ weightDecay }), maxGradNorm, dropout: false })
        expect([...training.trained].sort()).toEqual(answers.names(`${index}/weight:`).sort())
        const { gradients } = await training.gradients(batch)
        expect(Object.keys(gradients).sort()).toEqual([...training.trained].sort())
        for (const [name, values] of Object.entries(gradients)) {
          const answer = answers.get(`${index}/grad:${name}`)
          expect(distanceOf(values, answer) / norm(answer), name).toBeLessThan(gradientTolerance)
        }

        const losses: number[] = []
        const gradNorms: number[] = []
        for (const learningRate of given.learningRates) {
          const { loss, gradNorm } = await training.step(batch, { learningRate })
          losses.push(loss)
          gradNorms.push(gradNorm)
        }
        expect(losses).toHaveLength(20)
        expect(largestDifference(losses, answers.get(`${index}/losses`))).toBeLessThan(trainingTolerance)
        expect(largestDifference(gradNorms, answers.get(`${index}/gradNorms`))).toBeLessThan(trainingTolerance)
        for (const [name, values] of Object.entries(await allWeights(model))) {
          if (!training.trained.includes(name)) expect(values, name).toEqual(before[name])
          else
            expect(largestDifference(values, answers.get(`${index}/weight:${name}`)), name).toBeLessThan(
              trainingTolerance,
            )
        }
      }))
  },
)

const adapted = (lora: Partial<LoraConfig> = {}, config: Parameters<typeof bertConfig>[0] = {}): ModelDefinition => ({
  architecture: findArchitecture('bert', 'the test'),
  config: bertConfig({ ...oddSizes, ...config }),
  head: sequenceClassification,
  lora: loraConfig({ rank: 3, ...lora }),
})
const { classification: batch } = formulaBatch([7, 2, 5], oddSizes.vocabSize, oddSizes.labels.length)

/** Runs `use` on a model, with weights by the formula unless told otherwise, and closes it. */
async function withModel<T>(
  definition: ModelDefinition,
  use: (model: EncoderModel) => Promise<T>,
  fill: typeof fillByFormula | undefined = fillByFormula,
): Promise<T> {
  const model = await EncoderModel.create(definition, createEngine, { threads: 1 }, fill)
  return use(model).finally(() => model.close())
}

/** Loss and gradients of a model's next step. */
const gradientsOf = async (
  model: EncoderModel,
  options: Partial<CompileOptions>,
  batches: ModelBatch | ModelBatch[] = batch,
) => (await model.compile({ optimizer: new AdamW({}), accumulate: true, ...options })).gradients(batches)

describe('new adapters', () => {
  test('change nothing, to the last bit', async () => {
    const fillAll = async (model: EncoderModel) => {
      await fillByFormula(model)
      for (const spec of model.parameters)
        if (isLoraParameter(spec.name)) await model.setParameter(spec.name, initialValues(spec, 0.02, 42))
      return new Set(model.parameters.map(({ name }) => name))
    }
    const { lora, ...plain } = adapted({ targets: ['query', 'dense'] })
    const logits = async (definition: ModelDefinition) =>
      withModel(definition, async (model) => (await model.forward(batch)).logits!.data, fillAll)
    expect(await logits({ ...plain, lora })).toEqual(await logits(plain))
  })

  test('start as those of peft: A as a linear layer of PyTorch, B zero', () => {
    const spec = { name: 'query.lora_A.weight', shape: [40, 25], init: 'kaiming' } as const
    const values = initialValues(spec, 0.02, 42)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length)
    // Uniform between -1 / sqrt(25) and 1 / sqrt(25), of 1,000 numbers.
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.2)
    expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(0.198)
    expect(Math.abs(mean)).toBeLessThan((4 * 0.2) / Math.sqrt(3 * 1000))
    expect(deviation / (0.2 / Math.sqrt(3))).toBeCloseTo(1, 1)
    expect(initialValues(spec, 0.02, 43)).not.toEqual(values)
    const starts = modelParameters(adapted()).flatMap(({ name, init }) => (isLoraParameter(name) ? [[name, init]] : []))
    expect(starts.slice(0, 2)).toEqual([
      ['bert.encoder.layer.0.attention.self.query.lora_A.weight', 'kaiming'],
      ['bert.encoder.layer.0.attention.self.query.lora_B.weight', 'zeros'],
    ])
    expect(starts).toHaveLength(2 * 2 * 2)
  })

  test('take memory for what is trained alone', () =>
    withModel(adapted(), async (model) => {
      const [H, C, L, rank] = [12, 5, 2, 3]
      const trained = L * 2 * 2 * rank * H + (H * H + H) + (H * C + C)
      expect(model.trainableParameterCount).toBe(trained)
      const { memory, parameters } = summarizeModel(model)
      expect(parameters).toBe(model.parameterCount)
      expect(memory).toEqual({ inference: 4 * parameters, training: 4 * parameters + 12 * trained })
      await model.compile({ optimizer: new AdamW({}) })
      const whole = (name: string) => model.engine.read(name, 0, 1e9)
      // 48 for each of 8 matrices, 144, 60, 12 and 5, each rounded up to whole cache lines.
      for (const array of ['gradients', 'firstMoment', 'secondMoment'])
        expect(await whole(array)).toHaveLength(8 * 48 + 144 + 64 + 16 + 16)
    }))
})

describe('the graph of a step', () => {
  const trained = (definition: ModelDefinition) =>
    modelParameters(definition).flatMap(({ name, isFrozen }) => (isFrozen ? [] : [name]))

  test('has gradients of what is trained, and no backward pass below the lowest adapter', () => {
    const definition = adapted({ targets: ['layer.1.attention.self.value'] })
    const { graph, dense, scattered } = gradientGraph(definition, { trained: trained(definition) })
    expect(scattered).toEqual([])
    expect(dense.filter((name) => !isLoraParameter(name)).sort()).toEqual(
      ['bert.pooler.dense.bias', 'bert.pooler.dense.weight', 'classifier.bias', 'classifier.weight'].sort(),
    )
    const backward = liveNodes(graph).filter(({ scope }) => scope.endsWith('.grad'))
    expect(backward.filter(({ scope }) => /embeddings|layer\.0|query|key/.test(scope))).toEqual([])
    // Of the frozen layers above, the gradient of what goes in, and none of the weights.
    const products = backward.filter(
      ({ op, scope }) => op.name === 'Gemm' && /layer\.1\.(output|intermediate)\.dense\.grad$/.test(scope),
    )
    expect(products).toHaveLength(2)
  })

  test('drops what goes into an adapter, by masks of its own, and nothing beside it', async () => {
    const none = { hiddenDropoutProb: 0, attentionProbsDropoutProb: 0 }
    const definition = adapted({ dropout: 0.5 }, none)
    const { dropout } = gradientGraph(definition, { trained: trained(definition) })
    const sites = [0, 1].flatMap((i) =>
      ['query', 'value'].map((name) => `bert.encoder.layer.${i}.attention.self.${name}`),
    )
    expect(dropout).toEqual(
      sites.map((site) => ({ input: `dropout:${site}`, shape: ['tokens', 12], probability: 0.5 })),
    )
    await withModel(definition, async (model) => {
      const loss = async (options: Partial<CompileOptions>) => (await gradientsOf(model, options)).loss
      const [plain, one, two] = [await loss({ dropout: false }), await loss({ seed: 1 }), await loss({ seed: 2 })]
      expect(new Set([plain, one, two]).size).toBe(3)
      expect(await loss({ seed: 1 })).toBe(one)
      for (const { name, size } of model.layout.slots)
        if (name.endsWith(loraB)) await model.setParameter(name, new Float32Array(size))
      expect(await loss({ seed: 1 })).toBe(await loss({ dropout: false }))
    })
  })

  test('gives the same bits when layers are computed again', () =>
    withModel(adapted({ targets: ['query', 'dense'], dropout: 0.2 }), async (model) => {
      expect(await gradientsOf(model, { recompute: true })).toEqual(await gradientsOf(model, {}))
    }))

  test('adds up micro-batches to what one batch gives', () =>
    withModel(adapted(), async (model) => {
      const { sequences, classification } = formulaBatch([7, 2, 5], oddSizes.vocabSize, oddSizes.labels.length)
      const parts = [[0], [1, 2]].map((rows) => ({
        ...collateSequences(rows.map((row) => sequences[row])),
        labels: Int32Array.from(rows, (row) => classification.labels![row]),
      }))
      const whole = await gradientsOf(model, { dropout: false })
      const inParts = await gradientsOf(model, { dropout: false }, parts)
      expect(Math.abs(inParts.loss - whole.loss)).toBeLessThan(1e-6)
      for (const [name, values] of Object.entries(whole.gradients))
        expect(distanceOf(inParts.gradients[name], values) / norm(values), name).toBeLessThan(1e-5)
    }))
})

describe('with other ways to train a part', () => {
  const settings = (given: Parameters<typeof trainingArguments>[0], definition = adapted()) =>
    trainedParameters({ definition }, trainingArguments(given))

  test('frozen parameters stay so, and adapters can be frozen too', async () => {
    const options = settings({ freeze: ['layer.0', 'embeddings', 'pooler'] })
    await withModel(adapted(), async (model) => {
      const before = await allWeights(model)
      const training = await model.compile({ optimizer: new AdamW({ learningRate: 1e-2 }), ...options })
      await training.step(batch)
      const after = await allWeights(model)
      const self = 'bert.encoder.layer.1.attention.self'
      expect(Object.keys(after).filter((name) => largestDifference(after[name], before[name]) > 0)).toEqual([
        ...[`${self}.query.lora_A.weight`, `${self}.query.lora_B.weight`],
        ...[`${self}.value.lora_A.weight`, `${self}.value.lora_B.weight`],
        ...['classifier.weight', 'classifier.bias'],
      ])
    })
    expect(() => settings({ freeze: ['lora_A', 'lora_B', 'pooler', 'classifier'] })).toThrow('freeze leaves nothing')
  })

  test('an adapter has the learning rate of its layer', () => {
    const { learningRateFactor } = settings({ layerwiseLrDecay: 0.5 })
    expect(learningRateFactor!('bert.encoder.layer.1.attention.self.query.lora_A.weight')).toBe(0.5)
    expect(learningRateFactor!('bert.encoder.layer.0.attention.self.value.lora_B.weight')).toBe(0.25)
    expect(learningRateFactor!('bert.pooler.dense.weight')).toBe(1)
  })

  test('layers that begin anew are refused, since nothing would train them', () => {
    expect(() => settings({ reinitializeLayers: 1 })).toThrow(/^reinitializeLayers gives layers random weights/)
  })
})

test('merged weights are W + scaling B A', () => {
  const [W, A, B] = [Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(1, 0, 2, 0, 1, -1), Float32Array.of(1, 2, 3, 4)]
  // B A: [[1, 2, 0], [3, 4, 2]]; alpha / rank is 0.5
  expect([...mergeWeights(W, A, B, loraConfig({ rank: 2, alpha: 1 }))]).toEqual([1.5, 3, 3, 5.5, 7, 7])
  const stabilised = mergeWeights(W, A, B, loraConfig({ rank: 2, alpha: 1, rsLora: true }))
  expect(stabilised[0]).toBeCloseTo(1 + 1 / Math.sqrt(2), 6)
})

describe('refused by its name:', () => {
  test.each<[Partial<Record<keyof LoraConfig, unknown>>, RegExp]>([
    [{ rank: 0 }, /^lora: rank must be a whole number of at least 1, not 0$/],
    [{ rank: 1.5 }, /rank must/],
    [{ alpha: 0 }, /^lora: alpha must be a number above 0, not 0$/],
    [{ alpha: Number.NaN }, /alpha must/],
    [{ dropout: 1 }, /^lora: dropout must be at least 0 and below 1, not 1$/],
    [{ targets: [] }, /targets must/],
    [{ targets: 'query' }, /targets must be names of layers such as \['query', 'value'\], not "query"$/],
    [{ modulesToSave: [''] }, /modulesToSave must/],
    [{ rsLora: 1 }, /rsLora must be true or false, not 1$/],
    [{ ranks: 8 } as never, /^lora: unknown setting "ranks"; did you mean "rank"\?$/],
  ])('%o', (lora, message) => {
    expect(() => loraConfig(lora as Partial<LoraConfig>)).toThrow(ConfigError)
    expect(() => loraConfig(lora as Partial<LoraConfig>)).toThrow(message)
  })

  test.each<[Partial<LoraConfig>, RegExp]>([
    [
      { targets: ['query', 'valeu'] },
      /^lora: targets: "valeu" is no linear layer of the encoder; did you mean "value"\? \(their names end in query, key, value, dense\)$/,
    ],
    [{ targets: ['LayerNorm'] }, /"LayerNorm" is no linear layer/],
    [{ targets: ['word_embeddings'] }, /"word_embeddings" is no linear layer/],
    [{ targets: ['classifier'] }, /"classifier" is no linear layer of the encoder/],
    [{ targets: ['uery'] }, /"uery" is no linear layer/], // whole parts alone
    [{ modulesToSave: ['layernorm'] }, /^lora: modulesToSave: "layernorm" is no module.*did you mean "LayerNorm"\?/],
    [
      { targets: ['query'], modulesToSave: ['attention'] },
      /^lora: all layers that targets names are trained as a whole/,
    ],
  ])('%o of a model', (lora, message) => {
    expect(() => modelParameters(adapted(lora))).toThrow(ConfigError)
    expect(() => modelParameters(adapted(lora))).toThrow(message)
  })
})
