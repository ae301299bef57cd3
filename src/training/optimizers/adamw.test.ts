import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { formulaWeights } from '../../../test/formula.ts'
import { ConfigError } from '../../core/errors.ts'
import { onnxRuntimeBackend } from '../../runtime/node/onnxruntime.ts'
import { updateProgram } from '../../runtime/optimizer.ts'
import { WeightUpdater } from '../../runtime/weight-updater.ts'
import { AdamW } from './adamw.ts'

type Parameter = 'decayed' | 'plain'
type Slot = 'weights' | 'firstMoment' | 'secondMoment'

/** float64 values of torch.optim.AdamW at some elements. */
const fixture: {
  learningRates: number[]
  sizes: Record<Parameter, number>
  sample: Record<Parameter, number[]>
  cases: {
    betas: [number, number]
    epsilon: number
    weightDecay: number
    answers: Record<string, Record<Parameter, Record<Slot, number[]>>>
  }[]
} = JSON.parse(readFileSync(new URL('adamw.fixture.json', import.meta.url), 'utf8'))

/** Where the parameters start; the gaps between them, and what is behind, must stay as they are. */
const places: [name: Parameter, start: number][] = [
  ['decayed', 3],
  ['plain', 32],
]
const size = 32 + fixture.sizes.plain + 9
const filler = 7.25

const gradient = (name: string, step: number, count: number) =>
  formulaWeights(`${name} ${step}`, count).map((value, i) => (i % 11 === 10 ? 0 : value * Number(`1e-${i % 9}`)))

describe.each(fixture.cases)('betas $betas, epsilon $epsilon, decay $weightDecay', ({ answers, ...options }) => {
  test('thirty steps of torch.optim.AdamW', async ({ annotate }) => {
    const optimizer = new AdamW(options)
    const updater = await WeightUpdater.create(onnxRuntimeBackend({ threads: 1 }), updateProgram(optimizer))
    const names = ['weights', 'gradients', ...optimizer.slots]
    const arrays = new Map(names.map((name) => [name, new Float32Array(size).fill(filler)]))
    const inParameter = new Uint8Array(size)
    for (const [name, start] of places) {
      const count = fixture.sizes[name]
      arrays.get('weights')!.set(formulaWeights(name, count), start)
      for (const slot of optimizer.slots) arrays.get(slot)!.fill(0, start, start + count)
      inParameter.fill(1, start, start + count)
    }
    const groups = places.map(([name, start]) => ({
      start,
      end: start + fixture.sizes[name],
      weightDecay: name === 'decayed' ? options.weightDecay : 0,
      learningRateFactor: 1,
    }))
    const worst: Record<Slot, number> = { weights: 0, firstMoment: 0, secondMoment: 0 }
    for (const [i, learningRate] of fixture.learningRates.entries()) {
      const step = i + 1
      for (const [name, start] of places) arrays.get('gradients')!.set(gradient(name, step, fixture.sizes[name]), start)
      updater.update(arrays, groups, { ...optimizer.scalars(step), learningRate, gradientScale: 1 })
      for (const [name, start] of places) {
        for (const [slot, expected] of Object.entries(answers[step]?.[name] ?? {})) {
          const found = fixture.sample[name].map((index) => arrays.get(slot)![start + index])
          found.forEach((value, k) => {
            // Weights and means of gradients near 0 are differences of larger numbers: of weights' and gradients' size.
            const rootMeanSquare = Math.sqrt(answers[step][name].secondMoment[k])
            const source = { weights: 0.05, firstMoment: rootMeanSquare, secondMoment: 0 }[slot as Slot]
            const scale = Math.max(Math.abs(expected[k]), source)
            if (scale === 0) expect(value).toBe(0)
            else worst[slot as Slot] = Math.max(worst[slot as Slot], Math.abs(value - expected[k]) / scale)
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

test('the gradient scale and the learning-rate factor of a group act as on gradients and rate', async () => {
  const optimizer = new AdamW({ weightDecay: 0.2 })
  const updater = await WeightUpdater.create(onnxRuntimeBackend({ threads: 1 }), updateProgram(optimizer))
  const after = (gradientScale: number, learningRate: number, learningRateFactor: number, gradientFactor: number) => {
    const arrays = new Map<string, Float32Array>(optimizer.slots.map((slot) => [slot, new Float32Array(5)]))
    arrays.set('weights', formulaWeights('weights', 5))
    arrays.set(
      'gradients',
      formulaWeights('gradients', 5).map((x) => x * gradientFactor),
    )
    const group = { start: 0, end: 5, weightDecay: 0.2, learningRateFactor }
    updater.update(arrays, [group], { ...optimizer.scalars(1), learningRate, gradientScale })
    return [...arrays.get('weights')!, ...arrays.get('firstMoment')!, ...arrays.get('secondMoment')!]
  }
  // Powers of two, so that the products are exact.
  expect(after(0.25, 0.5, 0.125, 1)).toEqual(after(1, 0.0625, 1, 0.25))
  await updater.release()
})

test.each([
  [{ learningRate: -1 }, 'LEARNING_RATE'],
  [{ learningRate: Number.NaN }, 'LEARNING_RATE'],
  [{ betas: [0.9, 1] as const }, 'BETAS'],
  [{ betas: [-0.1, 0.9] as const }, 'BETAS'],
  [{ epsilon: 0 }, 'EPSILON'],
  [{ weightDecay: -0.01 }, 'WEIGHT_DECAY'],
])('%o is refused', (options, code) => {
  expect(() => new AdamW(options)).toThrow(ConfigError)
  expect(() => new AdamW(options)).toThrow(expect.objectContaining({ code }))
})
