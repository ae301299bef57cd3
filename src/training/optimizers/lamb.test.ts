import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { formulaBatch, formulaWeights } from '../../../test/formula.ts'
import { allWeights, oddSizes, withOddModel } from '../../../test/odd-model.ts'
import { ConfigError } from '../../core/errors.ts'
import { maskedLm } from '../../models/heads/masked-lm.ts'
import { decays } from '../../models/training-session.ts'
import { onnxRuntimeBackend } from '../../runtime/node/onnxruntime.ts'
import { updateProgram } from '../../runtime/optimizer.ts'
import { WeightUpdater } from '../../runtime/weight-updater.ts'
import { Lamb, type LambOptions } from './lamb.ts'

type Slot = 'weights' | 'firstMoment' | 'secondMoment'

/** float64 values of the published algorithm in PyTorch at some elements. */
const fixture: {
  learningRates: number[]
  sizes: Record<string, number>
  sample: Record<string, number[]>
  cases: (Required<Pick<LambOptions, 'epsilon' | 'weightDecay'>> & {
    betas: [number, number]
    answers: Record<string, Record<string, Record<Slot, number[]> & { trustRatio: number }>>
  })[]
} = JSON.parse(readFileSync(new URL('lamb.fixture.json', import.meta.url), 'utf8'))

/** Where each parameter starts, with gaps that must stay as they are. */
const places = new Map<string, number>()
let size = 3
for (const [name, count] of Object.entries(fixture.sizes)) {
  places.set(name, size)
  size += count + 7
}
const filler = 7.25

function gradient(name: string, step: number, count: number): Float32Array {
  if (name === 'still') return new Float32Array(count)
  return formulaWeights(`${name} ${step}`, count).map((value, i) => (i % 11 === 10 ? 0 : value * Number(`1e-${i % 5}`)))
}

const rootMeanSquare = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)

describe.each(fixture.cases)('betas $betas, epsilon $epsilon, decay $weightDecay', ({ answers, ...options }) => {
  test('twenty steps of the published algorithm', async ({ annotate }) => {
    const optimizer = new Lamb(options)
    const updater = await WeightUpdater.create(onnxRuntimeBackend({ threads: 1 }), updateProgram(optimizer))
    const names = ['weights', 'gradients', ...optimizer.slots]
    const arrays = new Map(names.map((name) => [name, new Float32Array(size).fill(filler)]))
    const inParameter = new Uint8Array(size)
    for (const [name, start] of places) {
      const count = fixture.sizes[name]
      arrays.get('weights')!.set(name === 'zero' ? new Float32Array(count) : formulaWeights(name, count), start)
      for (const slot of optimizer.slots) arrays.get(slot)!.fill(0, start, start + count)
      inParameter.fill(1, start, start + count)
    }
    const groups = [...places].map(([name, start]) => ({
      start,
      end: start + fixture.sizes[name],
      weightDecay: name === 'plain' ? 0 : options.weightDecay,
      learningRateFactor: 1,
      layerwise: name !== 'plain',
    }))
    const worst: Record<string, number> = { weights: 0, firstMoment: 0, secondMoment: 0 }
    for (const [i, learningRate] of fixture.learningRates.entries()) {
      const step = i + 1
      for (const [name, start] of places) arrays.get('gradients')!.set(gradient(name, step, fixture.sizes[name]), start)
      updater.update(arrays, groups, { ...optimizer.scalars(step), learningRate, gradientScale: 1 })
      for (const [name, { trustRatio, ...slots }] of Object.entries(answers[step] ?? {})) {
        for (const [slot, expected] of Object.entries(slots)) {
          const found = fixture.sample[name].map((index) => arrays.get(slot)![places.get(name)! + index])
          found.forEach((value, k) => {
            // Weights and means of gradients near 0 are differences of larger numbers.
            const source =
              slot === 'weights'
                ? rootMeanSquare(expected)
                : slot === 'firstMoment'
                  ? Math.sqrt(slots.secondMoment[k])
                  : 0
            const scale = Math.max(Math.abs(expected[k]), source)
            if (scale === 0) expect(value).toBe(0)
            else worst[slot] = Math.max(worst[slot], Math.abs(value - expected[k]) / scale)
          })
        }
      }
    }
    await annotate(`worst relative errors: ${JSON.stringify(worst)}`)
    expect(Math.max(...Object.values(worst))).toBeLessThan(1e-6)
    for (const [name, array] of arrays) {
      const touched = array.findIndex((value, i) => !inParameter[i] && value !== filler)
      expect(touched, name).toBe(-1)
    }
    await updater.release()
  })
})

const batch = formulaBatch([7, 2, 5, 11, 1, 6], oddSizes.vocabSize, oddSizes.labels.length).maskedLm

test('in a model each parameter has its own ratio, and biases and LayerNorm have none', () =>
  withOddModel(maskedLm, {}, async (model) => {
    const [learningRate, weightDecay, epsilon] = [0.02, 0.1, 1e-6]
    const optimizer = new Lamb({ learningRate, weightDecay, epsilon })
    const training = await model.compile({ optimizer, dropout: false, maxGradNorm: 0 })
    const before = await allWeights(model)
    const { gradients } = await training.gradients(batch)
    await training.step(batch)
    const after = await allWeights(model)
    for (const [name, weights] of Object.entries(before)) {
      // At the first step the corrected moments are the gradient and its square.
      const decay = decays(name) ? weightDecay : 0
      const update = Array.from(
        weights,
        (w, i) => gradients[name][i] / (Math.abs(gradients[name][i]) + epsilon) + decay * w,
      )
      const ratio = decays(name) ? Math.hypot(...weights) / Math.hypot(...update) : 1
      const expected = Array.from(weights, (w, i) => w - learningRate * ratio * update[i])
      const largest = Math.max(...expected.map(Math.abs))
      const worst = Math.max(...expected.map((value, i) => Math.abs(value - after[name][i])))
      expect(worst / largest, name).toBeLessThan(1e-6)
    }
  }))

test('a run that goes on from its state has the weights of one that never stopped', async () => {
  const run = async (stopAfter: number | undefined) => {
    const options = { optimizer: new Lamb({ learningRate: 0.02, weightDecay: 0.1 }), seed: 3 }
    const [weights, state] = await withOddModel(maskedLm, {}, async (model) => {
      const training = await model.compile(options)
      for (let step = 0; step < (stopAfter ?? 6); step++) await training.step(batch)
      return [await allWeights(model), await training.state()] as const
    })
    if (stopAfter === undefined) return weights
    return withOddModel(maskedLm, {}, async (model) => {
      for (const [name, values] of Object.entries(weights)) await model.setParameter(name, values)
      const training = await model.compile(options)
      await training.restore(state)
      for (let step = stopAfter; step < 6; step++) await training.step(batch)
      return allWeights(model)
    })
  }
  expect(await run(3)).toEqual(await run(undefined))
})

test.each([
  [{ learningRate: -1 }, 'LEARNING_RATE'],
  [{ betas: [0.9, 1] as const }, 'BETAS'],
  [{ epsilon: 0 }, 'EPSILON'],
  [{ weightDecay: Number.NaN }, 'WEIGHT_DECAY'],
])('%o is refused', (options, code) => {
  expect(() => new Lamb(options)).toThrow(ConfigError)
  expect(() => new Lamb(options)).toThrow(expect.objectContaining({ code }))
})
