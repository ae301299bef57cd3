import { describe, expect, test } from 'vitest'
import { formulaBatch } from '../../test/formula.ts'
import { oddSizes, withOddModel } from '../../test/odd-model.ts'
import { taskBatches } from '../../test/task-batches.ts'
import { RuntimeError } from '../core/errors.ts'
import type { ModelBatch } from '../models/batch-inputs.ts'
import { exampleCount, splitBatch } from '../models/batch-parts.ts'
import type { BertSettings } from '../models/bert-config.ts'
import type { LossOptions } from '../models/loss-options.ts'
import { findHead } from '../models/registry.ts'
import type { GradientResult, TrainingSession } from '../models/training-session.ts'
import { checkAccumulation } from './accumulation-check.ts'
import { Sgd } from './optimizers/sgd.ts'
import { prepare } from './trainer.samples.ts'

type Session = Pick<TrainingSession, 'gradients'>

const sizes = { lengths: [7, 2, 5, 11, 1, 6], vocabSize: oddSizes.vocabSize, classes: oddSizes.labels.length }
const made = formulaBatch(sizes.lengths, sizes.vocabSize, sizes.classes)
const classWeights = [0.5, 3, 1, 0.25, 2]

/** Of two float32 sums of the same numbers, relative to their norm; the check's own bound is 1e-3. */
const rounding = 1e-5

interface Case {
  head: string
  batch: ModelBatch
  config?: BertSettings
  loss?: LossOptions
}
const taskBatch = (task: string) => taskBatches[task](sizes).batch
const cases: Record<string, Case> = {
  'classes with weights and smoothing': {
    head: 'sequence-classification',
    batch: made.classification,
    loss: { classWeights, labelSmoothing: 0.1 },
  },
  'tokens with weights and focal loss': {
    head: 'token-classification',
    batch: taskBatch('token-classification'),
    loss: { classWeights, focalGamma: 2 },
  },
  'masked tokens': { head: 'masked-lm', batch: made.maskedLm },
  'masked tokens and pairs': { head: 'pretraining', batch: made.pretraining },
  'multiple choice': { head: 'multiple-choice', batch: taskBatch('multiple-choice-ragged') },
  answers: { head: 'question-answering', batch: taskBatch('question-answering') },
  numbers: { head: 'sequence-classification', batch: taskBatch('regression'), config: { problemType: 'regression' } },
  'several labels': {
    head: 'sequence-classification',
    batch: taskBatch('multi-label'),
    config: { problemType: 'multi_label_classification' },
  },
  // Texts of one, three and two windows: a step counts texts, not windows.
  'long texts with weights, mean of windows': {
    head: 'sequence-classification',
    batch: taskBatch('long-texts-mean'),
    config: { longTexts: { pooling: 'mean' } },
    loss: { classWeights, labelSmoothing: 0.1 },
  },
  'several labels of long texts, maximum of windows': {
    head: 'sequence-classification',
    batch: taskBatch('long-texts-max'),
    config: { problemType: 'multi_label_classification', longTexts: { pooling: 'max' } },
  },
  'numbers of long texts, windows by attention': {
    head: 'sequence-classification',
    batch: taskBatch('long-texts-attention'),
    config: { problemType: 'regression', longTexts: { pooling: 'attention' } },
  },
}

/** Runs `use` on a session for the case and its batch in three micro-batches. */
const withSession = (
  { head, batch, config, loss }: Case,
  use: (session: TrainingSession, microBatches: ModelBatch[]) => Promise<void>,
) =>
  withOddModel(findHead(head, 'bert'), { config }, async (model) => {
    // Dropout is on, which the check does without.
    const session = await model.compile({ optimizer: new Sgd({ learningRate: 0.1 }), accumulate: true, loss })
    await use(session as unknown as TrainingSession, splitBatch(batch, 3))
  })

/** A session that takes the gradients of each micro-batch by itself and joins them in a wrong way. */
const joining = (session: Session, join: (parts: number[], sizes: number[]) => number): Session => ({
  async gradients(batches, options) {
    const each = Array.isArray(batches) ? (batches as ModelBatch[]) : [batches as ModelBatch]
    const results: GradientResult[] = []
    for (const batch of each) results.push(await session.gradients(batch, options))
    const sizes = each.map(exampleCount)
    const gradients: GradientResult['gradients'] = {}
    for (const name of Object.keys(results[0].gradients)) {
      const parts = results.map((result) => result.gradients[name])
      gradients[name] = parts[0].map((_, i) =>
        join(
          parts.map((part) => part[i]),
          sizes,
        ),
      )
    }
    const squares = Object.values(gradients).map((values) => values.reduce((sum, value) => sum + value * value, 0))
    return {
      loss: join(
        results.map(({ loss }) => loss),
        sizes,
      ),
      gradNorm: Math.sqrt(squares.reduce((sum, square) => sum + square, 0)),
      gradients,
    }
  },
})
const sum = (parts: readonly number[]) => parts.reduce((total, part) => total + part, 0)

describe('micro-batches of', () => {
  test.for(Object.entries(cases))('%s add up to one batch', async ([, given], { annotate }) => {
    await withSession(given, async (session, microBatches) => {
      const difference = await checkAccumulation(session, microBatches)
      expect(difference).toBeLessThan(rounding)
      expect(session.steps).toBe(0)
      await annotate(difference.toExponential(1))
    })
  })
})

describe('a session is refused', () => {
  const refusal = async (session: Session, microBatches: ModelBatch[]) => {
    const error = await checkAccumulation(session, microBatches).catch((error) => error)
    expect(error).toBeInstanceOf(RuntimeError)
    expect(error.code).toBe('ACCUMULATION')
    return error.message as string
  }

  test('whose micro-batches are added without dividing, averaged as if they were equal, or lost', () =>
    withSession(cases['tokens with weights and focal loss'], async (session, microBatches) => {
      const labels = firstExamples(microBatches).map((batch) => batch.labels!.length)
      expect(new Set(labels).size).toBe(2) // so that a mean of means is another
      const added = await refusal(
        joining(session, (parts) => sum(parts)),
        microBatches,
      )
      expect(added).toMatch(
        /the gradients of 2 micro-batches do not add up to those of the same 3 examples as one batch/,
      )
      const { gradNorm } = await session.gradients(firstExamples(microBatches), { dropout: false })
      expect(added).toContain(`instead of ${gradNorm.toPrecision(4)} (`)
      expect(added).toMatch(/Norm [\d.]+ instead of .*loss [\d.]+ instead of [\d.]+, most different in bert\./)
      await refusal(
        joining(session, (parts) => sum(parts) / parts.length),
        microBatches,
      )
      await refusal(
        joining(session, (parts) => parts[0]),
        microBatches,
      )
      // Wrapped, but right: one batch alone has nothing to join wrongly.
      expect(await checkAccumulation(session, microBatches)).toBeLessThan(rounding)
    }))

  test('whose micro-batches of one label each are averaged as if they were equal', () =>
    withSession(cases['classes with weights and smoothing'], async (session, microBatches) => {
      const mean = joining(session, (parts) => sum(parts) / parts.length)
      expect(await refusal(mean, microBatches)).toMatch(/loss/)
    }))
})

describe('the check', () => {
  /** Notes what it is asked. */
  function recorder() {
    const asked: { sizes: number[]; options: unknown }[] = []
    const gradients: Session['gradients'] = async (batches, options) => {
      const each = (Array.isArray(batches) ? batches : [batches]) as ModelBatch[]
      asked.push({ sizes: each.map(exampleCount), options })
      return { loss: 1, gradNorm: 1, gradients: { weight: Float32Array.of(1) } }
    }
    return { asked, session: { gradients } }
  }
  const batchOf = (count: number) => formulaBatch(Array(count).fill(2), 97, 5).classification

  test.each([
    { given: [8, 8, 8, 8], parts: [2, 1, 1, 1] },
    { given: [9, 9, 9, 3], parts: [3, 2, 2, 2] },
    { given: [32, 5], parts: [16, 5] },
    { given: [33, 33], parts: [17, 16] },
    { given: [3, 3, 3, 3, 3, 3], parts: [2, 1] },
    { given: [5, 5, 5, 5, 5, 5], parts: [2, 1, 1, 1] },
    { given: [2, 2, 2], parts: [2, 1] },
    { given: [1, 1, 1], parts: [1, 1] },
  ])('of micro-batches of $given takes $parts examples, and as many at once', async ({ given, parts }) => {
    const { asked, session } = recorder()
    expect(await checkAccumulation(session, given.map(batchOf))).toBe(0)
    expect(asked.map(({ sizes }) => sizes)).toEqual([parts, [sum(parts)]])
    expect(sum(parts)).toBeLessThanOrEqual(Math.max(3, ...given))
    for (const { options } of asked) expect(options).toEqual({ dropout: false, limit: 1 << 14 })
  })

  test('passes over gradients that are not finite, which the step warns of', async () => {
    const gradients = async () => ({ loss: Number.NaN, gradNorm: Number.NaN, gradients: {} })
    expect(await checkAccumulation({ gradients }, [batchOf(2), batchOf(1)])).toBe(0)
  })
})

describe('a run', () => {
  test.each([
    [{ gradientAccumulationSteps: 3 }, 1],
    [{ gradientAccumulationSteps: 3, accumulationCheck: false }, 0],
    [{ gradientAccumulationSteps: 1 }, 0],
  ])('of %o is checked once, before its first step', async (args, times) => {
    const { trainer, course } = prepare({ args: { epochs: 2, batchSize: 2, ...args } })
    await trainer.train()
    const checks = course.events.filter(({ type }) => type === 'accumulation-check')
    expect(checks).toHaveLength(times)
    if (times === 0) return
    expect(checks[0]).toEqual({ type: 'accumulation-check', step: 0, microBatches: 3, difference: 0 })
    expect(course.events.indexOf(checks[0])).toBe(1) // behind the start
  })
})

/** The examples that the check takes of micro-batches of two. */
const firstExamples = ([first, second]: readonly ModelBatch[]): ModelBatch[] => [first, splitBatch(second, 2)[0]]
