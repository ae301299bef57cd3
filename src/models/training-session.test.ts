import { describe, expect, test } from 'vitest'
import { distanceOf, norm } from '../../test/answers.ts'
import { formulaBatch } from '../../test/formula.ts'
import { allWeights, type OddModelOptions, oddModel, oddSizes, withOddModel } from '../../test/odd-model.ts'
import { DataError } from '../core/errors.ts'
import { type ClassificationItem, collateClassification, collateMaskedLm, type MaskedLmItem } from '../data/collator.ts'
import { fillDropoutMask } from '../runtime/dropout-masks.ts'
import { AdamW } from '../training/optimizers/adamw.ts'
import type { Head } from './architecture.ts'
import type { ModelBatch } from './batch-inputs.ts'
import { maskedLm } from './heads/masked-lm.ts'
import { sequenceClassification } from './heads/sequence-classification.ts'

import type { EncoderModel } from './model.ts'
import type { CompileOptions, TrainingSession } from './training-session.ts'

const lengths = [7, 2, 5, 11, 1, 6]
const made = formulaBatch(lengths, oddSizes.vocabSize, oddSizes.labels.length)
const batch = made.classification

/** Compiles a model, runs `use` on its training and closes it. */
function withTraining<T>(
  head: Head,
  options: Omit<CompileOptions, 'optimizer'> & Partial<CompileOptions>,
  use: (training: TrainingSession<EncoderModel>) => Promise<T>,
  modelOptions: OddModelOptions = {},
): Promise<T> {
  const optimizer = new AdamW({ learningRate: 1e-2, weightDecay: 0.1 })
  return withOddModel(head, modelOptions, async (model) => use(await model.compile({ optimizer, ...options })))
}

const takeOneStep = (training: TrainingSession<EncoderModel>) => training.step(batch)

async function takeSteps(training: TrainingSession<EncoderModel>, count: number): Promise<number[]> {
  const losses: number[] = []
  for (let i = 0; i < count; i++) losses.push((await training.step(batch)).loss)
  return losses
}

describe('gradient accumulation', () => {
  /** Of a gradient's difference, relative to its norm: float32 rounding of sums in another order. */
  const tolerance = 1e-6
  const classified = made.sequences.map((each, b): ClassificationItem => ({ ...each, labelId: batch.labels![b] }))
  const masked = made.sequences as MaskedLmItem[]
  // Masked tokens per micro-batch differ, and one may have none.
  const cuts = [
    [0, 1],
    [1, 4],
    [4, 5],
    [5, 6],
  ]
  const cases: { head: Head; task: string; whole: ModelBatch; parts: ModelBatch[] }[] = [
    {
      head: sequenceClassification,
      task: 'classification',
      whole: collateClassification(classified),
      parts: cuts.map(([from, to]) => collateClassification(classified.slice(from, to))),
    },
    {
      head: maskedLm,
      task: 'masked language modelling',
      whole: collateMaskedLm(masked),
      parts: cuts.map(([from, to]) => collateMaskedLm(masked.slice(from, to))),
    },
  ]

  test.for(cases)('of micro-batches is one batch: $task', ({ head, whole, parts }, { annotate }) =>
    withTraining(head, { accumulate: true, dropout: false }, async (training) => {
      const items = parts.map(({ labels }) => labels!.length)
      expect(new Set(items).size).toBeGreaterThan(1)
      const once = await training.gradients(whole)
      const { loss } = await training.model.forward(whole, { loss: true })
      expect(Math.abs(once.loss / loss! - 1)).toBeLessThan(tolerance)
      const summed = await training.gradients(parts)
      expect(Math.abs(summed.loss / once.loss - 1)).toBeLessThan(tolerance)
      expect(Math.abs(summed.gradNorm / once.gradNorm - 1)).toBeLessThan(tolerance)
      let worst = 0
      for (const [name, gradient] of Object.entries(once.gradients)) {
        const difference = distanceOf(summed.gradients[name], gradient)
        // Key biases have a gradient of zero, computed up to rounding.
        if (name.endsWith('key.bias')) expect(difference, name).toBeLessThan(1e-9)
        else worst = Math.max(worst, difference / norm(gradient))
        expect(worst, name).toBeLessThan(tolerance)
      }
      await annotate(`worst: ${worst.toExponential(1)}, items ${items.join(', ')}`)
    }),
  )

  test('starts afresh at each step', () =>
    withTraining(sequenceClassification, { accumulate: true, dropout: false }, async (training) => {
      const first = await training.gradients(cases[0].parts)
      await training.gradients(cases[0].whole)
      expect(await training.gradients(cases[0].parts)).toEqual(first)
    }))

  test('needs a model that was compiled for it', () =>
    withTraining(sequenceClassification, {}, (training) =>
      expect(training.step(cases[0].parts)).rejects.toMatchObject({ code: 'NO_ACCUMULATION' }),
    ))
})

describe('dropout', () => {
  test('is decided by seed and step', async () => {
    const frozen = { optimizer: new AdamW({ learningRate: 0 }) }
    const losses = (seed: number) => withTraining(sequenceClassification, { ...frozen, seed }, (t) => takeSteps(t, 3))
    const first = await losses(7)
    expect(await losses(7)).toEqual(first)
    expect(new Set([...first, ...(await losses(8))]).size).toBe(6)
  })

  test('is the same for gradients that are asked for twice', () =>
    withTraining(sequenceClassification, {}, async (training) => {
      const first = await training.gradients(batch)
      expect(await training.gradients(batch)).toEqual(first)
      const { loss } = await training.step(batch)
      expect(loss).toBe(first.loss)
      expect((await training.gradients(batch)).loss).not.toBe(loss)
    }))

  test('has masks of its own for each micro-batch', () =>
    withTraining(sequenceClassification, { accumulate: true, maxGradNorm: 0 }, async (training) => {
      const { loss } = await training.gradients(batch)
      expect((await training.gradients([batch, batch])).loss).not.toBe(loss)
    }))

  test('off or with probability 0 gives the loss of prediction', async () => {
    const plain = await withOddModel(sequenceClassification, {}, (model) => model.forward(batch, { loss: true }))
    const off = await withTraining(sequenceClassification, { dropout: false }, takeOneStep)
    const config = { hiddenDropoutProb: 0, attentionProbsDropoutProb: 0 }
    const never = await withTraining(sequenceClassification, {}, takeOneStep, { config })
    expect(Math.abs(off.loss - plain.loss!)).toBeLessThan(1e-6)
    expect(never).toEqual(off)
  })

  test.each([0.1, 0.5])('of probability %d drops so many elements of a mask', (probability) => {
    const mask = new Uint8Array(1_000_001)
    fillDropoutMask(mask, probability, 42, 'dropout', 1, 0, 'site')
    const kept = mask.reduce((sum, value) => sum + value, 0)
    const deviation = Math.sqrt(mask.length * probability * (1 - probability))
    expect(Math.abs(kept - mask.length * (1 - probability))).toBeLessThan(5 * deviation)
  })

  test('keeps elements at its rate and scales them to the same mean', async () => {
    // The pooler gives tanh(1) everywhere and the classifier its mean, so a logit counts the elements that were kept.
    const probability = 0.3
    const config = { hiddenDropoutProb: 0, attentionProbsDropoutProb: 0, classifierDropout: probability }
    const training = { optimizer: new AdamW({ learningRate: 0 }) }
    const many = formulaBatch(Array(50).fill(2), oddSizes.vocabSize, oddSizes.labels.length).classification
    const counts = await withTraining(
      sequenceClassification,
      training,
      async (session) => {
        await session.model.setParameter('bert.pooler.dense.weight', new Float32Array(144))
        await session.model.setParameter('bert.pooler.dense.bias', new Float32Array(12).fill(1))
        await session.model.setParameter('classifier.weight', new Float32Array(60).fill(1 / Math.tanh(1)))
        await session.model.setParameter('classifier.bias', new Float32Array(5))
        const counts: number[] = []
        for (let i = 0; i < 100; i++) {
          const { logits } = await session.step(many, { logits: true })
          for (let b = 0; b < 50; b++) counts.push(Number(logits![0].data[b * 5]) * (1 - probability))
        }
        return counts
      },
      { config },
    )
    for (const count of counts) expect(Math.abs(count - Math.round(count))).toBeLessThan(1e-4)
    const total = counts.length * 12
    const kept = counts.reduce((sum, count) => sum + Math.round(count), 0)
    const deviation = Math.sqrt(total * probability * (1 - probability))
    expect(Math.abs(kept - total * (1 - probability))).toBeLessThan(5 * deviation)
    // Of a binomial distribution: elements are dropped one by one, not in stretches.
    const mean = kept / counts.length
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length
    expect(Math.abs(variance / (12 * probability * (1 - probability)) - 1)).toBeLessThan(0.15)
  })
})

describe('a run', () => {
  const run = (seed: number, threads: number) =>
    withTraining(
      sequenceClassification,
      { seed },
      async (training) => ({ losses: await takeSteps(training, 6), weights: await allWeights(training.model) }),
      { formula: false, seed, threads },
    )

  test.each([1, 2])('with the same seed ends with the same bytes, on %i threads', async (threads) => {
    const first = await run(3, threads)
    expect(await run(3, threads)).toEqual(first)
    expect((await run(4, threads)).weights).not.toEqual(first.weights)
  })

  test('learns', () =>
    withTraining(sequenceClassification, { dropout: false }, async (training) => {
      const losses = await takeSteps(training, 60)
      expect(losses.at(-1)).toBeLessThan(losses[0] / 4)
    }))

  test('continues from its state as if it had never stopped', async () => {
    const end = async (training: TrainingSession<EncoderModel>) => ({
      losses: await takeSteps(training, 4),
      weights: await allWeights(training.model),
      state: await training.state(),
    })
    const whole = await withTraining(sequenceClassification, {}, async (training) => {
      await takeSteps(training, 3)
      return end(training)
    })
    const stopped = await withTraining(sequenceClassification, {}, async (training) => {
      await takeSteps(training, 3)
      return { weights: await allWeights(training.model), state: await training.state() }
    })
    expect(stopped.state.step).toBe(3)
    const continued = await withTraining(
      sequenceClassification,
      {},
      async (training) => {
        for (const [name, values] of Object.entries(stopped.weights)) await training.model.setParameter(name, values)
        await training.restore(stopped.state)
        expect(training.steps).toBe(3)
        return end(training)
      },
      { formula: false, seed: 99 },
    )
    expect(continued).toEqual(whole)
  })

  test('refuses a state of another optimiser or model', () =>
    withTraining(sequenceClassification, {}, async (training) => {
      const { slots } = await training.state()
      const { secondMoment, ...others } = slots
      await expect(training.restore({ step: 1, slots: others })).rejects.toMatchObject({ code: 'OPTIMIZER_STATE' })
      const { 'classifier.bias': _, ...fewer } = secondMoment
      await expect(training.restore({ step: 1, slots: { ...others, secondMoment: fewer } })).rejects.toMatchObject({
        code: 'OPTIMIZER_STATE',
      })
      expect(training.steps).toBe(0)
    }))
})

describe('trained parameters', () => {
  const options = { dropout: false, maxGradNorm: 0 }
  const isTrained = (name: string) => name.startsWith('classifier') || name.includes('layer.1.output')

  test('alone move', () =>
    withTraining(sequenceClassification, { ...options, trained: isTrained }, async (training) => {
      const before = await allWeights(training.model)
      await takeSteps(training, 3)
      const after = await allWeights(training.model)
      expect([...training.trained].sort()).toEqual(Object.keys(before).filter(isTrained).sort())
      for (const name of Object.keys(before)) {
        if (isTrained(name)) expect(distanceOf(after[name], before[name]), name).toBeGreaterThan(0)
        else expect(after[name], name).toEqual(before[name])
      }
      expect(Object.keys((await training.state()).slots.firstMoment).sort()).toEqual([...training.trained].sort())
    }))

  test('have the gradients that they have among all', async () => {
    const all = await withTraining(sequenceClassification, options, (training) => training.gradients(batch))
    const some = await withTraining(sequenceClassification, { ...options, trained: isTrained }, (training) =>
      training.gradients(batch),
    )
    for (const [name, gradient] of Object.entries(some.gradients))
      expect(distanceOf(gradient, all.gradients[name]), name).toBeLessThan(1e-6 * norm(gradient))
    expect(Math.abs(some.gradNorm - Math.hypot(...Object.values(some.gradients).map(norm)))).toBeLessThan(1e-6)
  })

  test('must be some', () =>
    expect(withTraining(sequenceClassification, { trained: () => false }, takeOneStep)).rejects.toMatchObject({
      code: 'NOTHING_TO_TRAIN',
    }))
})

describe('a training step', () => {
  test('without labels is refused', () =>
    withTraining(sequenceClassification, {}, async (training) => {
      const { labels: _, ...unlabelled } = batch
      await expect(training.step(unlabelled)).rejects.toMatchObject({ code: 'BATCH_FIELD' })
    }))

  test.each([0.25, 0])('scales the gradient down to maxGradNorm %d, 0 for as it is', (maxGradNorm) =>
    withTraining(sequenceClassification, { maxGradNorm }, async (training) => {
      const { gradNorm } = await training.step(batch)
      expect(gradNorm).toBeGreaterThan(0.3)
      // The first moment after one step is (1 - 0.9) times the gradient as the optimiser saw it.
      const { firstMoment } = (await training.state()).slots
      const seen = Math.hypot(...Object.values(firstMoment).map(norm)) / (1 - 0.9)
      expect(Math.abs(seen / (maxGradNorm || gradNorm) - 1)).toBeLessThan(1e-5)
    }),
  )

  test('that is refused does not count', () =>
    withTraining(sequenceClassification, {}, async (training) => {
      const { labels: _, ...unlabelled } = batch
      await expect(training.step(unlabelled)).rejects.toThrow()
      expect(training.steps).toBe(0)
    }))
  test('on no micro-batch is refused', () =>
    withTraining(sequenceClassification, {}, (training) => expect(training.step([])).rejects.toThrow(DataError)))

  test('that gives no finite gradient leaves weights and state as they are', () =>
    withTraining(sequenceClassification, {}, async (training) => {
      await training.model.setParameter('classifier.bias', Float32Array.of(0, Number.NaN, 0, 0, 0))
      const before = await allWeights(training.model)
      const { gradNorm } = await training.step(batch)
      expect(gradNorm).toBeNaN()
      expect(await allWeights(training.model)).toEqual(before)
      for (const slot of Object.values((await training.state()).slots))
        for (const values of Object.values(slot)) expect(norm(values)).toBe(0)
    }))

  test('under way is settled when the model is closed', async () => {
    const model = await oddModel(sequenceClassification)
    const training = await model.compile({ optimizer: new AdamW() })
    const underWay = Promise.allSettled(Array.from({ length: 50 }, () => training.step(batch)))
    await model.close()
    expect(await underWay).toHaveLength(50)
    await expect(training.step(batch)).rejects.toMatchObject({ code: 'ENGINE_CLOSED' })
  })
})
