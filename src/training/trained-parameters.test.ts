/** Frozen parameters, layers with learning rates of their own, and gradual unfreezing, against PyTorch: scripts/fixtures/trained_parameters.py. */
import { describe, expect, test } from 'vitest'
import { Answers, distanceOf, largestDifference, norm } from '../../test/answers.ts'
import { formulaBatch } from '../../test/formula.ts'
import { allWeights, oddSizes, withOddModel } from '../../test/odd-model.ts'
import { ConfigError } from '../core/errors.ts'
import { liveNodes } from '../graph/live.ts'
import type { Architecture } from '../models/architecture.ts'
import { bert } from '../models/bert.ts'
import { bertConfig } from '../models/bert-config.ts'
import { electra } from '../models/electra.ts'
import { electraConfig } from '../models/electra-config.ts'
import { type GradientGraph, gradientGraph, type ModelDefinition, modelParameters } from '../models/graphs.ts'
import { sequenceClassification } from '../models/heads/sequence-classification.ts'
import { depthBelowHead } from '../models/parameter-depth.ts'
import { findHead } from '../models/registry.ts'
import { GradualUnfreezing } from './gradual-unfreezing.ts'
import { createOptimizer, type OptimizerName } from './optimizers/registry.ts'
import { trainedParameters } from './trained-parameters.ts'
import { type TrainingArguments, trainingArguments } from './training-arguments.ts'

/** Of a gradient's difference, relative to its norm. */
const gradientTolerance = 1e-5
/** Absolute, of losses and weights over twenty steps. */
const trainingTolerance = 1e-5
/** Relative, of the gradient's norm over twenty steps. */
const gradNormTolerance = 1e-4
/** Its gradient is zero, and what comes out is rounding, which optimisers that divide by its size make steps of. */
const isKeyBias = (name: string) => name.endsWith('attention.self.key.bias')

interface TrainedCase {
  head: string
  freeze: string[]
  optimizer?: OptimizerName | 'adafactor-relative'
  decay?: number
  /** Steps between layers of gradual unfreezing. */
  every?: number
  learningRates: number[]
}
const casesOf = (answers: Answers) => (answers.case as unknown as { cases: TrainedCase[] }).cases
const fixture = (kind: string) => new Answers(new URL(`trained-${kind}.fixture.safetensors`, import.meta.url))
const [frozenAnswers, layerwiseAnswers, gradualAnswers] = ['frozen', 'layerwise', 'gradually'].map(fixture)

/** Trains a case for twenty steps and compares all that the fixture has of it. */
async function compare(answers: Answers, index: number): Promise<string> {
  const { head, freeze, optimizer = 'adamw', decay = 1, every, learningRates } = casesOf(answers)[index]
  const { lengths, weightDecay, maxGradNorm } = answers.case
  const made = formulaBatch(lengths, oddSizes.vocabSize, oddSizes.labels.length)
  const batch = head === 'masked-lm' ? made.maskedLm : made.classification
  return withOddModel(findHead(head, 'bert'), {}, async (model) => {
    const before = await allWeights(model)
    const relativeStep = optimizer === 'adafactor-relative'
    const name = relativeStep ? 'adafactor' : (optimizer as OptimizerName)
    const args = trainingArguments({
      freeze,
      layerwiseLrDecay: decay,
      optimizer: name,
      adafactorRelativeStep: relativeStep,
    })
    const epsilon = args.adamEpsilon
    const training = await model.compile({
      optimizer: createOptimizer(name, { weightDecay, epsilon, relativeStep, momentum: name === 'sgd' ? 0.9 : 0 }),
      maxGradNorm,
      dropout: false,
      ...trainedParameters(model, args),
    })
    expect([...training.trained].sort()).toEqual(answers.names(`${index}/weight:`).sort())

    let worstGradient = 0
    const first = await training.gradients(batch)
    for (const name of answers.names(`${index}/grad:`)) {
      const answer = answers.get(`${index}/grad:${name}`)
      const difference = distanceOf(first.gradients[name], answer)
      if (isKeyBias(name)) expect(difference, name).toBeLessThan(1e-7)
      else worstGradient = Math.max(worstGradient, difference / norm(answer))
      expect(worstGradient, name).toBeLessThan(gradientTolerance)
    }
    expect(Object.keys(first.gradients).sort()).toEqual([...training.trained].sort())

    const losses: number[] = []
    const gradNorms: number[] = []
    const unfreezing = every
      ? new GradualUnfreezing(
          model,
          training,
          { gradualUnfreezing: 'steps', gradualUnfreezingSteps: every },
          { stage_starts: [] },
        )
      : undefined
    for (const [done, learningRate] of learningRates.entries()) {
      await unfreezing?.before({ done, epoch: 0 })
      const { loss, gradNorm } = await training.step(batch, { learningRate })
      losses.push(loss)
      gradNorms.push(gradNorm)
    }
    const lossDifference = largestDifference(losses, answers.get(`${index}/losses`))
    expect(lossDifference).toBeLessThan(trainingTolerance)
    const expectedNorms = answers.get(`${index}/gradNorms`)
    const normDifference = Math.max(...gradNorms.map((each, i) => Math.abs(each / expectedNorms[i] - 1)))
    expect(normDifference).toBeLessThan(gradNormTolerance)

    let worst = 0
    for (const [name, values] of Object.entries(await allWeights(model))) {
      if (!training.trained.includes(name)) expect(values, name).toEqual(before[name])
      else if (!isKeyBias(name))
        worst = Math.max(worst, largestDifference(values, answers.get(`${index}/weight:${name}`)))
      expect(worst, name).toBeLessThan(trainingTolerance)
    }
    return [
      `gradients ${worstGradient.toExponential(1)}`,
      `losses ${lossDifference.toExponential(1)}`,
      `norms ${normDifference.toExponential(1)}`,
      `weights ${worst.toExponential(1)}`,
    ].join(', ')
  })
}

test.for(casesOf(frozenAnswers).map((each, index) => ({ ...each, index })))(
  'without $freeze a $head model trains as in PyTorch',
  async ({ index }, { annotate }) => {
    await annotate(await compare(frozenAnswers, index))
  },
)

test.for(casesOf(layerwiseAnswers).map((each, index) => ({ ...each, index })))(
  '$optimizer with a decay of $decay a layer, without $freeze, trains as with groups in PyTorch',
  async ({ index }, { annotate }) => {
    await annotate(await compare(layerwiseAnswers, index))
  },
)

test.for(casesOf(gradualAnswers).map((each, index) => ({ ...each, index })))(
  '$optimizer with one layer more every $every steps, without $freeze, trains as in PyTorch',
  async ({ index }, { annotate }) => {
    await annotate(await compare(gradualAnswers, index))
  },
)

describe('frozen layers', () => {
  const definition: ModelDefinition = {
    architecture: bert as unknown as Architecture,
    config: bertConfig({ ...oddSizes, numHiddenLayers: 4 }),
    head: sequenceClassification,
  }
  const names = modelParameters(definition).map(({ name }) => name)
  const graphWithout = (...freeze: string[]) => {
    const { trained } = trainedParameters({ definition }, trainingArguments({ freeze }))
    return gradientGraph(definition, { trained: names.filter(trained!) })
  }
  const layersOf = (scopes: readonly string[]) => [
    ...new Set(scopes.flatMap((scope) => /embeddings|layer\.\d/.exec(scope) ?? [])),
  ]

  test('have no backward pass, and nothing of their forward pass is kept for it', () => {
    const { graph, dense, scattered } = graphWithout('embeddings', 'layer.[0-1]')
    const nodes = liveNodes(graph)
    const backward = nodes.filter(({ scope }) => scope.endsWith('.grad'))
    expect(layersOf(backward.map(({ scope }) => scope)).sort()).toEqual(['layer.2', 'layer.3'])
    expect(layersOf(nodes.map(({ scope }) => scope))).toContain('layer.0')
    // Of the frozen part, the backward pass reads the last layer's output alone.
    const read = new Set(backward.flatMap(({ inputs }) => inputs))
    const ofFrozen = [...read].filter(({ producer }) => /embeddings|layer\.[01]/.test(producer?.scope ?? ''))
    expect(ofFrozen.map(({ name }) => name)).toEqual([expect.stringMatching(/layer\.1\.output\.LayerNorm/)])
    for (const name of [...dense, ...scattered.map(({ parameter }) => parameter)])
      expect(name).not.toMatch(/embeddings|layer\.[01]/)
  })

  test('above trained ones are passed through without gradients of their own', () => {
    const frozen = graphWithout('layer.3', 'pooler', 'classifier')
    expect([...frozen.graph.outputs.keys()].filter((name) => /layer\.3|pooler|classifier/.test(name))).toEqual([])
    expect(frozen.dense.some((name) => name.includes('layer.0'))).toBe(true)
    const products = ({ graph }: GradientGraph) =>
      liveNodes(graph).filter(
        ({ op, scope }) => op.name === 'Gemm' && /layer\.3.*(dense|query|key|value)\.grad$/.test(scope),
      )
    expect(products(frozen)).toHaveLength(6)
    expect(products(gradientGraph(definition))).toHaveLength(12)
  })

  test('take no memory for gradients and state', () =>
    withOddModel(sequenceClassification, {}, async (model) => {
      const settings = trainingArguments({ freeze: ['bert'] })
      const training = await model.compile({
        optimizer: createOptimizer('adamw', {}),
        ...trainedParameters(model, settings),
      })
      expect(training.trained).toEqual(['classifier.weight', 'classifier.bias'])
      // 60 weights and 5 biases, each rounded up to whole cache lines; what is beyond is not there.
      for (const array of ['gradients', 'firstMoment', 'secondMoment'])
        expect((await model.engine.read(array, 0, 1e9)).length).toBe(64 + 16)
    }))
})

describe('the depth of a parameter', () => {
  const depths = (definition: ModelDefinition) =>
    Object.fromEntries(modelParameters(definition).map(({ name }) => [name, depthBelowHead(definition, name)]))

  test('counts from the head down', () => {
    const definition = { architecture: bert as unknown as Architecture, config: bertConfig(oddSizes) }
    const found = depths({ ...definition, head: sequenceClassification })
    expect(found).toMatchObject({
      'classifier.weight': 0,
      'bert.pooler.dense.weight': 0,
      'bert.encoder.layer.1.output.dense.weight': 1,
      'bert.encoder.layer.0.attention.self.query.bias': 2,
      'bert.embeddings.word_embeddings.weight': 3,
      'bert.embeddings.LayerNorm.bias': 3,
    })
    expect(Object.values(found)).toHaveLength(5 + 2 * 16 + 4)
  })

  test('of a projection of the embeddings is theirs', () => {
    const config = electraConfig({ ...oddSizes, embeddingSize: 8 })
    const architecture = electra as unknown as Architecture
    expect(depths({ architecture, config, head: sequenceClassification })).toMatchObject({
      'electra.embeddings_project.weight': 3,
      'electra.embeddings.word_embeddings.weight': 3,
      'electra.encoder.layer.1.output.dense.weight': 1,
      'classifier.dense.weight': 0,
    })
  })
})

describe('refused by its name:', () => {
  const refused: Partial<Record<keyof TrainingArguments, unknown[]>> = {
    freeze: ['embeddings', [1]],
    layerwiseLrDecay: [0, -0.5, 1.1, Number.NaN],
    gradualUnfreezing: ['epochs'],
    gradualUnfreezingSteps: [0, 1.5],
    reinitializeLayers: [-1, 0.5],
  }
  const cases = Object.entries(refused).flatMap(([name, values]) => values.map((value) => [name, value] as const))
  test.each(cases)('%s %o', (name, value) => {
    expect(() => trainingArguments({ [name]: value })).toThrow(ConfigError)
    expect(() => trainingArguments({ [name]: value })).toThrow(new RegExp(`^${name} must be .*not ${value}$`))
  })

  test('what does not fit the model', () => {
    const definition = {
      architecture: bert as unknown as Architecture,
      config: bertConfig(oddSizes),
      head: sequenceClassification,
    }
    const check = (settings: Partial<TrainingArguments>) =>
      trainedParameters({ definition }, trainingArguments(settings))
    expect(() => check({ reinitializeLayers: 3 })).toThrow('reinitializeLayers must be at most 2')
    expect(() => check({ freeze: ['*'] })).toThrow('freeze leaves nothing to train')
    const headless = { freeze: ['classifier', 'pooler'], gradualUnfreezing: 'epoch' } as const
    expect(() => check(headless)).toThrow('gradualUnfreezing begins with the head')
    expect(check({ ...headless, gradualUnfreezing: 'no' }).trained).toBeDefined()
  })
})
