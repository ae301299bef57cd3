/** Moving averages of the weights, against PyTorch: scripts/fixtures/weight_averages.py. */
import { describe, expect, test } from 'vitest'
import { Answers, largestDifference } from '../../test/answers.ts'
import { formulaBatch } from '../../test/formula.ts'
import { allWeights, oddSizes, withOddModel } from '../../test/odd-model.ts'
import type { ClassificationItem } from '../data/collator.ts'
import { sequenceClassification } from '../models/heads/sequence-classification.ts'
import type { EncoderModel } from '../models/model.ts'
import { AdamW } from './optimizers/adamw.ts'
import { textClassification } from './tasks/text-classification.ts'
import { Trainer } from './trainer.ts'
import type { TrainingArguments } from './training-arguments.ts'

/** Absolute, of averages and losses over six steps: float32 against float64. */
const tolerance = 2e-6
/** Its gradient is zero, and what comes out is rounding, which AdamW makes steps of. */
const isKeyBias = (name: string) => name.endsWith('attention.self.key.bias')

const answers = new Answers(new URL('weight-averages.fixture.safetensors', import.meta.url))
const { decays } = answers.case as unknown as { decays: number[] }
const { lengths, learningRates, maxGradNorm } = answers.case
const made = formulaBatch(lengths, oddSizes.vocabSize, oddSizes.labels.length)

describe('as AveragedModel of PyTorch', () => {
  test.for(decays.map((decay, index) => ({ decay, index })))(
    'with a decay of $decay',
    async ({ decay, index }, { annotate }) => {
      let worst = 0
      const losses: number[] = []
      const compare = async (model: EncoderModel, step: number) => {
        const weights = await allWeights(model)
        for (const name of answers.names(`${index}/${step}:`)) {
          if (isKeyBias(name)) continue
          worst = Math.max(worst, largestDifference(weights[name], answers.get(`${index}/${step}:${name}`)))
          expect(worst, name).toBeLessThan(tolerance)
        }
      }
      await withOddModel(sequenceClassification, {}, async (model) => {
        const optimizer = new AdamW({ weightDecay: 0 })
        const training = await model.compile({ optimizer, maxGradNorm, dropout: false, averageDecay: decay })
        for (const [i, learningRate] of learningRates.entries()) {
          await training.step(made.classification, { learningRate })
          const trained = await allWeights(model)
          await training.withAverages(async () => {
            losses.push((await model.forward(made.classification, { loss: true })).loss!)
            await compare(model, i + 1)
          })
          expect(await allWeights(model)).toEqual(trained) // goes on from the weights themselves
        }
        await training.adoptAverages()
        await compare(model, learningRates.length)
      })
      const lossDifference = largestDifference(losses, answers.get(`${index}/losses`))
      expect(lossDifference).toBeLessThan(tolerance)
      await annotate(`averages ${worst.toExponential(1)}, losses ${lossDifference.toExponential(1)}`)
    },
  )

  test('the weights come back when what uses the averages fails', () =>
    withOddModel(sequenceClassification, {}, async (model) => {
      const training = await model.compile({ optimizer: new AdamW(), averageDecay: 0.9 })
      for (let i = 0; i < 2; i++) await training.step(made.classification)
      const trained = await allWeights(model)
      const failing = training.withAverages(() => Promise.reject(new Error('no more')))
      await expect(failing).rejects.toThrow('no more')
      expect(await allWeights(model)).toEqual(trained)
    }))
})

describe('a run with emaDecay', () => {
  const items = made.sequences.map(
    (each, i): ClassificationItem => ({ ...each, labelId: made.classification.labels![i] }),
  )
  type Weights = Awaited<ReturnType<typeof allWeights>>

  /** Trains; `trained` are the weights after each step, `evaluated` those that evaluations saw. */
  async function train(args: Partial<TrainingArguments>) {
    const [trained, evaluated]: Weights[][] = [[], []]
    const weights = await withOddModel(sequenceClassification, {}, async (model) => {
      const task = {
        ...textClassification,
        async evaluate(...[given, ...rest]: Parameters<typeof textClassification.evaluate>) {
          evaluated.push(await allWeights(given))
          return textClassification.evaluate(given, ...rest)
        },
      }
      await new Trainer({
        model,
        task,
        trainItems: items,
        evalItems: items,
        args: { batchSize: 2, learningRate: 0.01, epochs: 2, evalStrategy: 'steps', evalSteps: 1, ...args },
        callbacks: [
          async (event) => {
            if (event.type === 'step') trained.push(await allWeights(model))
          },
        ],
      }).train()
      return allWeights(model)
    })
    return { trained, evaluated, weights }
  }

  /** decay * averages + (1 - decay) * weights in float64, from the weights after the first step. */
  const averagesOf = (trained: readonly Weights[], decay: number) => {
    const averages = Object.fromEntries(Object.entries(trained[0]).map(([name, w]) => [name, Float64Array.from(w)]))
    for (const weights of trained.slice(1)) {
      for (const [name, values] of Object.entries(averages))
        values.forEach((value, i) => {
          values[i] = decay * value + (1 - decay) * weights[name][i]
        })
    }
    return averages
  }

  test('evaluates the averages and ends with them', async () => {
    const decay = 0.6
    const { trained, evaluated, weights } = await train({ emaDecay: decay })
    expect(evaluated).toHaveLength(4)
    for (const [step, seen] of evaluated.entries()) {
      const expected = averagesOf(trained.slice(0, step + 1), decay)
      for (const [name, values] of Object.entries(seen))
        expect(largestDifference(values, expected[name]), `${name} at ${step}`).toBeLessThan(1e-7)
    }
    expect(weights).toEqual(evaluated.at(-1))
    expect(weights).not.toEqual(trained.at(-1))
    const plain = await train({ evalStrategy: 'no' })
    expect(plain.weights).toEqual(trained.at(-1)) // averages change no step
  })
})
