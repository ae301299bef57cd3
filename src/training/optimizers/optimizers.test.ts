import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { formulaBatch, formulaWeights } from '../../../test/formula.ts'
import { allWeights, oddSizes, withOddModel } from '../../../test/odd-model.ts'
import { ConfigError } from '../../core/errors.ts'
import { maskedLm } from '../../models/heads/masked-lm.ts'
import { factoredPlace } from '../../runtime/factored-update.ts'
import { onnxRuntimeBackend } from '../../runtime/node/onnxruntime.ts'
import { type Optimizer, slotLayouts, updateProgram } from '../../runtime/optimizer.ts'
import { layoutParameters } from '../../runtime/parameter-layout.ts'
import { WeightUpdater } from '../../runtime/weight-updater.ts'
import { Adafactor, type AdafactorOptions } from './adafactor.ts'
import { Adagrad, type AdagradOptions } from './adagrad.ts'
import { Adam, type AdamOptions } from './adam.ts'
import { Sgd, type SgdOptions } from './sgd.ts'

type Options = AdamOptions & SgdOptions & AdagradOptions & AdafactorOptions
const create: Record<string, (options: Options) => Optimizer> = {
  adam: (options) => new Adam(options),
  sgd: (options) => new Sgd(options),
  adagrad: (options) => new Adagrad(options),
  adafactor: (options) => new Adafactor(options),
}

/** float64 values of PyTorch's optimisers, and of transformers' Adafactor, after every step. */
const fixture: {
  learningRates: number[]
  shapes: Record<string, number[]>
  cases: {
    optimizer: string
    options: Options
    rateFactor: number
    /** One a step: by parameter, then `weights` and, at some steps, slots. */
    steps: Record<string, Record<string, number[]>>[]
  }[]
} = JSON.parse(readFileSync(new URL('optimizers.fixture.json', import.meta.url), 'utf8'))

const parameters = Object.entries(fixture.shapes).map(([name, shape]) => ({ name, shape }))
const layout = layoutParameters(parameters)

const gradient = (name: string, step: number, count: number) =>
  formulaWeights(`${name} ${step}`, count).map((value, i) => (i % 11 === 10 ? 0 : value * Number(`1e-${i % 4}`)))

const rootMeanSquare = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)

test.for(fixture.cases)(
  'twenty steps of $optimizer with $options',
  async ({ rateFactor, steps, ...given }, { annotate }) => {
    const optimizer = create[given.optimizer](given.options)
    const layouts = slotLayouts(optimizer, layout)
    const program = updateProgram(optimizer, layouts)
    const updater = await WeightUpdater.create(onnxRuntimeBackend({ threads: 1 }), program)
    const sizeOf = (name: string) => program.slotSizes?.[name] ?? layout.size
    const arrays = new Map(
      ['weights', 'gradients', ...optimizer.slots].map((name) => [name, new Float32Array(sizeOf(name))]),
    )
    const find = (array: string, name: string) =>
      (layouts.get(array) ?? layout).slots.find((slot) => slot.name === name)
    for (const { name, offset, size } of layout.slots) arrays.get('weights')!.set(formulaWeights(name, size), offset)
    const groups = layout.slots.map(({ name, shape, offset, size }) => ({
      start: offset,
      end: offset + size,
      weightDecay: name === 'plain' ? 0 : optimizer.weightDecay,
      learningRateFactor: 1,
      factored: 'factored' in optimizer ? factoredPlace(shape, (slot) => find(slot, name)!.offset) : undefined,
    }))
    /** The size of the numbers that a value is a difference of: of the parameter's weights, of all its gradients so far. */
    const source = (array: string, answers: Record<string, number[]>, k: number, step: number) => {
      if (array === 'weights' || array === 'momentumBuffer') return rootMeanSquare(answers[array])
      if (array !== 'firstMoment') return 0
      const [, beta2] = given.options.betas ?? [0.9, 0.999]
      return Math.sqrt(answers.secondMoment[k] / (1 - beta2 ** step))
    }
    const worst: Record<string, number> = {}
    let compared = 0
    for (const [i, rate] of fixture.learningRates.entries()) {
      const step = i + 1
      for (const { name, offset, size } of layout.slots)
        arrays.get('gradients')!.set(gradient(name, step, size), offset)
      const scalars = { ...optimizer.scalars(step), learningRate: rate * rateFactor, gradientScale: 1 }
      updater.update(arrays, groups, scalars)
      for (const [name, answers] of Object.entries(steps[i])) {
        for (const [array, expected] of Object.entries(answers)) {
          const { offset, size } = find(array, name)!
          const found = arrays.get(array)!.subarray(offset, offset + size)
          expect(found).toHaveLength(expected.length)
          found.forEach((value, k) => {
            compared++
            const scale = Math.max(Math.abs(expected[k]), source(array, answers, k, step))
            if (scale === 0) expect(value).toBe(0)
            else worst[array] = Math.max(worst[array] ?? 0, Math.abs(value - expected[k]) / scale)
          })
        }
      }
    }
    await updater.release()
    await annotate(`worst relative errors: ${JSON.stringify(worst)}`)
    expect(Math.max(...Object.values(worst))).toBeLessThan(1e-6)
    expect(compared).toBeGreaterThanOrEqual(20 * layout.slots.reduce((sum, { size }) => sum + size, 0))
  },
)

const batch = formulaBatch([7, 2, 5, 11, 1, 6], oddSizes.vocabSize, oddSizes.labels.length).maskedLm

describe.each<[string, () => Optimizer]>([
  ['adam', () => new Adam({ learningRate: 0.02, weightDecay: 0.1 })],
  ['sgd without state', () => new Sgd({ learningRate: 0.5, weightDecay: 0.1 })],
  ['sgd with momentum', () => new Sgd({ learningRate: 0.5, momentum: 0.9, dampening: 0.5 })],
  ['adagrad', () => new Adagrad({ learningRate: 0.02, learningRateDecay: 0.1 })],
  ['adafactor', () => new Adafactor({ learningRate: 0.5, weightDecay: 0.1 })],
])('%s', (_name, make) => {
  test('goes on from its state as if it had never stopped', async () => {
    const run = async (stopAfter: number) => {
      const options = { optimizer: make(), seed: 3 }
      const [weights, state] = await withOddModel(maskedLm, {}, async (model) => {
        const training = await model.compile(options)
        for (let step = 0; step < stopAfter; step++) await training.step(batch)
        return [await allWeights(model), await training.state()] as const
      })
      if (stopAfter === 5) return { weights, state }
      return withOddModel(maskedLm, {}, async (model) => {
        for (const [name, values] of Object.entries(weights)) await model.setParameter(name, values)
        const training = await model.compile(options)
        await training.restore(state)
        for (let step = stopAfter; step < 5; step++) await training.step(batch)
        return { weights: await allWeights(model), state: await training.state() }
      })
    }
    expect(await run(2)).toEqual(await run(5))
  })

  test('moves every parameter that has a gradient', () =>
    withOddModel(maskedLm, {}, async (model) => {
      const before = await allWeights(model)
      const training = await model.compile({ optimizer: make(), dropout: false })
      const { gradients } = await training.gradients(batch)
      await training.step(batch)
      const after = await allWeights(model)
      for (const [name, values] of Object.entries(before)) {
        const still = values.findIndex((value, i) => Math.abs(gradients[name][i]) > 1e-4 && after[name][i] === value)
        expect(still, name).toBe(-1)
      }
    }))
})

test('adafactor keeps the means of rows and columns only', () =>
  withOddModel(maskedLm, {}, async (model) => {
    const training = await model.compile({ optimizer: new Adafactor() })
    await training.step(batch)
    const { slots, shapes } = await training.state()
    for (const { name, shape } of model.layout.slots) {
      const expected =
        shape.length < 2 ? { secondMoment: shape } : { rowMeans: [shape[0], 1], columnMeans: [1, shape[1]] }
      for (const slot of training.optimizer.slots) {
        const kept = expected[slot as keyof typeof expected] as number[] | undefined
        expect(shapes![slot][name], `${slot}/${name}`).toEqual(kept)
        expect(slots[slot][name]?.length).toBe(kept?.reduce((a, b) => a * b))
      }
    }
  }))

test.each<[string, () => Optimizer, string]>([
  ['adam', () => new Adam({ betas: [0.9, 1] }), 'BETAS'],
  ['adam', () => new Adam({ epsilon: 0 }), 'EPSILON'],
  ['sgd', () => new Sgd({ learningRate: -1 }), 'LEARNING_RATE'],
  ['sgd', () => new Sgd({ momentum: Number.NaN }), 'MOMENTUM'],
  ['sgd', () => new Sgd({ nesterov: true }), 'NESTEROV'],
  ['sgd', () => new Sgd({ nesterov: true, momentum: 0.9, dampening: 0.1 }), 'NESTEROV'],
  ['adagrad', () => new Adagrad({ learningRateDecay: -0.1 }), 'LEARNING_RATE_DECAY'],
  ['adagrad', () => new Adagrad({ epsilon: 0 }), 'EPSILON'],
  ['adafactor', () => new Adafactor({ decayRate: 0.8 }), 'DECAY_RATE'],
  ['adafactor', () => new Adafactor({ clipThreshold: 0 }), 'CLIP_THRESHOLD'],
  ['adafactor', () => new Adafactor({ weightDecay: -1 }), 'WEIGHT_DECAY'],
])('%s refuses a setting out of range: %#', (_name, make, code) => {
  expect(make).toThrow(ConfigError)
  expect(make).toThrow(expect.objectContaining({ code }))
})
