import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { largestDifference } from '../../test/answers.ts'
import { temporaryFolder } from '../../test/checkpoint-fixture.ts'
import { allWeights, oddSizes, withOddModel } from '../../test/odd-model.ts'
import { taskBatches } from '../../test/task-batches.ts'
import { RuntimeError } from '../core/errors.ts'
import type { ModelBatch } from '../models/batch-inputs.ts'
import { exampleCount } from '../models/batch-parts.ts'
import { tokenClassification } from '../models/heads/token-classification.ts'
import type { EncoderModel } from '../models/model.ts'
import type { TrainingSession } from '../models/training-session.ts'
import { isOutOfMemory } from '../runtime/out-of-memory.ts'
import { type MicroBatchState, stepWithinMemory } from './micro-batches.ts'
import { modelBytes, run } from './node/folder-checkpoints.samples.ts'
import { Sgd } from './optimizers/sgd.ts'
import type { TrainerEvent } from './trainer.ts'

/** As ONNX Runtime 1.30 has it. */
const badAllocation = 'Non-zero status code returned while running FusedMatMul node. Status Message: std::bad_alloc'

const sizes = { vocabSize: oddSizes.vocabSize, classes: oddSizes.labels.length }
/** Two micro-batches of six and three texts, about two thirds of whose tokens have labels. */
const batches = [
  [7, 2, 5, 11, 1, 6],
  [3, 9, 4],
].map((lengths) => taskBatches['token-classification']({ ...sizes, lengths }).batch)

/** A session that has memory for so many examples at a time. */
const limited = (session: Pick<TrainingSession, 'step'>, most: number): Pick<TrainingSession, 'step'> => ({
  async step(given, options) {
    const each = given as readonly ModelBatch[]
    if (each.some((batch) => exampleCount(batch) > most)) throw new RuntimeError('ENGINE', badAllocation)
    return session.step(given, options)
  },
})

describe('steps within memory', () => {
  /** Three steps, with memory for so many examples. */
  const train = (most: number) =>
    withOddModel(tokenClassification, {}, async (model) => {
      const optimizer = new Sgd({ learningRate: 0.5 }) // steps are gradients
      const session = await model.compile({ optimizer, accumulate: true, dropout: false, maxGradNorm: 0 })
      const state: MicroBatchState = { parts: 1 }
      const messages: string[] = []
      const losses: number[] = []
      for (let step = 0; step < 3; step++) {
        const taken = await stepWithinMemory(
          limited(session as unknown as TrainingSession, most),
          batches,
          {},
          state,
          async (message) => void messages.push(message),
        )
        losses.push(taken.loss, taken.gradNorm)
      }
      return { weights: await allWeights(model), losses, messages, state, steps: session.steps }
    })

  test('have the losses and gradients of those with enough', async () => {
    const [whole, halves, ones] = [await train(99), await train(3), await train(1)]
    expect(whole.messages).toEqual([])
    expect(halves.messages).toEqual([
      'memory ran out with micro-batches of 6: from here on at most 3 examples at a time and 4 micro-batches a step, ' +
        'with the same examples in each step',
    ])
    expect(ones.messages.map((message) => /at most (\d)/.exec(message)?.[1])).toEqual(['3', '2', '1'])
    expect([halves.state, ones.state]).toEqual([{ parts: 2 }, { parts: 8 }])
    for (const { losses, weights, steps } of [halves, ones]) {
      expect(steps).toBe(3)
      expect(largestDifference(losses, whole.losses)).toBeLessThan(1e-6)
      for (const [name, values] of Object.entries(weights))
        expect(largestDifference(values, whole.weights[name]), name).toBeLessThan(1e-6)
    }
  })

  test('end where one example is too much', async () => {
    const error = await stepWithinMemory(limited({} as never, 0), batches, {}, { parts: 4 }, async () => {}).catch(
      (error) => error,
    )
    expect(error).toBeInstanceOf(RuntimeError)
    expect(error).toMatchObject({ code: 'OUT_OF_MEMORY', cause: { message: badAllocation } })
    expect(error.message).toMatch(
      /with one example at a time: shorten the texts with maxLength, or train a smaller model/,
    )
  })

  test('end with any other error as it is', async () => {
    const failing = { step: () => Promise.reject(new RuntimeError('ENGINE', 'Invalid argument')) }
    const step = stepWithinMemory(failing, batches, {}, { parts: 1 }, async () => {})
    await expect(step).rejects.toThrow('Invalid argument')
  })
})

describe('a run with autoMicroBatch', () => {
  const root = temporaryFolder()
  const args = { maxSteps: 4, autoMicroBatch: true }

  /** Runs with memory for two examples at a time. */
  async function train(folder: string, options: Partial<Parameters<typeof run>[0]> = {}) {
    const warnings: TrainerEvent[] = []
    const attempts: number[] = []
    const { result } = await run({
      folder: join(root, folder),
      args,
      ...options,
      onEvent: (event, model) => {
        if (event.type === 'start') limitEngine(model, 2, attempts)
        if (event.type === 'warning') warnings.push(event)
      },
    })
    return { result, warnings, attempts }
  }

  test('goes on with what fits, from a checkpoint too, to the same bytes', async () => {
    const whole = await train('whole')
    // Batches of 3, and of 1 at the end of an epoch: cut in two they fit.
    expect(whole.attempts).toEqual([3, 2, 2, 2, 2])
    expect(whole.warnings).toEqual([
      expect.objectContaining({
        type: 'warning',
        step: 1,
        code: 'OUT_OF_MEMORY',
        message: expect.stringMatching(/of 3: /),
      }),
    ])
    expect(whole.result.state.stateful_callbacks.AutoMicroBatch).toEqual({ args: {}, attributes: { parts: 2 } })
    await cp(join(root, 'whole', 'checkpoint-2'), join(root, 'resumed', 'checkpoint-2'), { recursive: true })
    const resumed = await train('resumed', { resume: true, seed: 7 })
    expect(resumed.attempts).toEqual([2, 2])
    expect(resumed.warnings).toEqual([])
    expect(modelBytes(join(root, 'resumed')).equals(modelBytes(join(root, 'whole')))).toBe(true)
  })

  test('without it ends as the engine does', async () => {
    await expect(train('without', { args: { maxSteps: 4 } })).rejects.toThrow(badAllocation)
  })

  test('goes on without a check that there is no memory for', async () => {
    const { warnings, result } = await train('unchecked', {
      args: { maxSteps: 1, batchSize: 1, gradientAccumulationSteps: 3 },
    })
    expect(result.steps).toBe(1)
    expect(warnings).toEqual([
      expect.objectContaining({ code: 'OUT_OF_MEMORY', message: expect.stringMatching(/without that check/) }),
    ])
  })

  /** Lets a model's engine take so many examples in a step, and one in the gradients of a check. */
  function limitEngine({ engine }: EncoderModel, most: number, attempts: number[]) {
    const [step, gradients] = [engine.step, engine.gradients]
    const largest = ({ microBatches }: Parameters<typeof step>[0]) =>
      Math.max(...microBatches.map(({ cellMask }) => cellMask.dims[0]))
    engine.step = async (request) => {
      attempts.push(largest(request))
      if (largest(request) > most) throw new RuntimeError('ENGINE', badAllocation)
      return step(request)
    }
    engine.gradients = async (request) => {
      if (largest(request) > 1) throw new RuntimeError('ENGINE', badAllocation)
      return gradients(request)
    }
  }
})

test.each([
  ['bad_alloc', true],
  ['Failed to allocate memory for requested buffer of size 6442450944', true],
  ['Array buffer allocation failed', true],
  ['Invalid typed array length: 99999999999', true],
  ['CUDA out of memory', true],
  ['Got invalid dimensions for input: ids', false],
  ['', false],
])('%s: memory ran out: %s', (message, expected) => {
  expect(isOutOfMemory(new Error(message))).toBe(expected)
  expect(isOutOfMemory(message)).toBe(false) // no error
})
