import { describe, expect, test } from 'vitest'
import { randomStream } from '../../core/random.ts'
import { trainingArguments } from '../training-arguments.ts'
import { classAnswers, createWatch, watchContext } from './watch.ts'
import type { WatchContext } from './watch-context.ts'

/** What a watch finds in a run with these losses and gradient norms. */
function runOf(steps: number, at: (step: number) => { loss: number; gradNorm?: number }, context: WatchContext = {}) {
  const watch = createWatch(context)
  watch.tell({ type: 'start', totalSteps: steps, firstStep: 0, epochs: 1, examples: steps })
  for (let step = 1; step <= steps; step++) {
    const { loss, gradNorm = 2 } = at(step)
    watch.tell({
      type: 'step',
      step,
      totalSteps: steps,
      epoch: step / steps,
      loss,
      gradNorm,
      learningRate: 1e-4,
      tokens: 8,
    })
  }
  return watch.findings
}

const random = randomStream(1, 'losses')
const noise = (width: number) => (random.uniform() - 0.5) * width
const falling = (step: number) => ({ loss: 0.1 + 0.6 * Math.exp(-step / 100) + noise(0.3), gradNorm: 3 + noise(4) })

test('a run that learns gives no finding', () => {
  for (const steps of [40, 300, 2000]) expect(runOf(steps, falling, { chanceLoss: Math.log(2) })).toEqual([])
})

describe('one planted thing each', () => {
  test('losses that are no numbers, first a warning, then an error', () => {
    const found = runOf(300, (step) => (step === 50 || step >= 100 ? { loss: Number.NaN } : falling(step)))
    expect(found.map(({ code, severity }) => [code, severity])).toEqual([
      ['LOSS_NOT_FINITE', 'warning'],
      ['DIVERGED', 'error'],
    ])
    expect(found.map(({ counts }) => counts.step)).toEqual([50, 109])
  })

  test('a gradient norm of infinity is as bad as a loss', () => {
    const found = runOf(60, (step) => (step === 5 ? { loss: 1, gradNorm: Number.POSITIVE_INFINITY } : falling(step)))
    expect(found.map(({ code }) => code)).toEqual(['LOSS_NOT_FINITE'])
  })

  test('gradients that explode, but not a single odd batch', () => {
    const explode = (from: number, to: number) => (step: number) => ({
      ...falling(step),
      ...(step >= from && step < to && { gradNorm: 500 }),
    })
    expect(runOf(300, explode(100, 102))).toEqual([])
    expect(runOf(300, explode(100, 110)).map(({ code, counts }) => [code, counts.step])).toEqual([
      ['EXPLODING_GRADIENTS', 102],
    ])
  })

  test('a loss that rises and stays up', () => {
    const found = runOf(400, (step) => (step < 200 ? falling(step) : { loss: 0.7 + noise(0.2) }))
    expect(found.map(({ code }) => code)).toEqual(['LOSS_RISES'])
    expect(found[0].counts.best).toBeLessThan(0.3)
  })

  test('a loss that stays at guessing, told in the middle of the run', () => {
    const found = runOf(400, () => ({ loss: Math.log(2) + noise(0.2) }), { chanceLoss: Math.log(2) })
    expect(found.map(({ code, counts }) => [code, counts.step])).toEqual([['LOSS_AT_CHANCE', 200]])
  })

  test('a loss that does not move, where guessing is not known', () => {
    expect(runOf(400, () => ({ loss: 3 })).map(({ code }) => code)).toEqual(['LOSS_FLAT'])
    expect(runOf(400, (step) => ({ loss: 3 - step / 1000 }))).toEqual([])
  })

  test('one class for all', () => {
    const evaluate = (predicted: number[], step: number) => {
      const watch = createWatch({ labels: ['down', 'up'] })
      watch.tell({ type: 'start', totalSteps: 100, firstStep: 0, epochs: 1, examples: 100 })
      return watch.tell({
        type: 'predictions',
        step,
        predicted: Int32Array.from(predicted),
        truth: Int32Array.from(predicted, (_, i) => i % 2),
      })
    }
    const one = Array<number>(30).fill(1)
    expect(evaluate(one, 50)).toMatchObject([{ code: 'ONE_CLASS', counts: { examples: 30, right: 15 } }])
    expect(evaluate(one, 50)[0].message).toContain('"up"')
    expect(evaluate(one, 10)).toEqual([])
    expect(evaluate([...one, 0], 50)).toEqual([])
    expect(evaluate(one.slice(0, 5), 50)).toEqual([])
  })
})

test('the loss of guessing is the entropy of the labels', () => {
  const examples = ['a', 'a', 'a', 'b'].map((label, row) => ({ text: 'x', label, source: { file: 'f', row } }))
  const model = { labels: ['a', 'b'] }
  const args = trainingArguments({})
  expect(watchContext('text-classification', examples, model, args).chanceLoss).toBeCloseTo(0.5623351446, 9)
  expect(watchContext('question-answering', [], model, args)).toEqual(model)
})

test('classes are read of predictions that have one class each', () => {
  const labels = Int32Array.of(0)
  expect(classAnswers({ predictions: labels, labels })).toEqual({ predicted: labels, truth: labels })
  expect(classAnswers({ predictions: Float32Array.of(0.5), labels })).toBeUndefined()
  expect(classAnswers(undefined)).toBeUndefined()
})
