import { readFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { allWeights, oddModel } from '../../../test/odd-model.ts'
import { ConfigError } from '../../core/errors.ts'
import { sequenceClassification } from '../../models/heads/sequence-classification.ts'
import type { EncoderModel } from '../../models/model.ts'
import { parsePythonJson } from '../python-json.ts'
import { textClassification } from '../tasks/text-classification.ts'
import { Trainer, type TrainerEvent } from '../trainer.ts'
import type { TrainingArguments } from '../training-arguments.ts'
import { checkpointsIn, items, modelBytes, run } from './folder-checkpoints.samples.ts'

const root = temporaryFolder()

describe('a run that goes on from a checkpoint ends as one that never stopped', () => {
  const cases: [string, Partial<TrainingArguments>][] = [
    ['one batch a step', { maxSteps: 7, weightDecay: 0.1, warmupSteps: 2 }], // 5 batches an epoch
    ['three batches a step, with a remainder', { epochs: 3, gradientAccumulationSteps: 3 }],
    ['a token budget', { maxSteps: 7, batchSize: 5, tokenBudget: 20 }],
    ['batches of similar length', { epochs: 1.2, groupByLength: true }],
    ['an optimiser without state', { maxSteps: 3, optimizer: 'sgd' }],
    ['momentum', { maxSteps: 3, optimizer: 'sgd', momentum: 0.9, dampening: 0.5 }],
    ['frozen layers', { maxSteps: 3, weightDecay: 0.1, freeze: ['embeddings', 'layer.0'] }],
    ['a learning rate for each layer', { maxSteps: 3, layerwiseLrDecay: 0.8 }],
    ['one layer more every other step', { maxSteps: 5, gradualUnfreezing: 'steps', gradualUnfreezingSteps: 2 }],
    ['one layer more each epoch', { maxSteps: 7, gradualUnfreezing: 'epoch', freeze: ['layer.0'] }],
    ['a last layer that begins anew', { maxSteps: 2, reinitializeLayers: 1 }],
    ['layers that are computed again', { maxSteps: 2, recompute: true }],
    ['averages of the weights', { maxSteps: 3, emaDecay: 0.8, gradualUnfreezing: 'steps', gradualUnfreezingSteps: 2 }],
    ['means of rows and columns', { maxSteps: 3, optimizer: 'adafactor', adafactorRelativeStep: true }],
  ]
  test.each(cases)('%s', async (name, args) => {
    const whole = join(root, name)
    const { result } = await run({ folder: whole, args })
    const names = checkpointsIn(whole)
    expect(names).toHaveLength(result.steps)
    for (const from of names) {
      const folder = join(root, `${name} from ${from}`)
      await cp(join(whole, from), join(folder, from), { recursive: true })
      const events: TrainerEvent[] = []
      const resumed = await run({
        folder,
        args: { ...args, saveSteps: 99 },
        resume: true,
        seed: 2,
        onEvent: (event) => events.push(event),
      })
      const step = Number(from.slice('checkpoint-'.length))
      expect(events[0]).toMatchObject({ type: 'start', firstStep: step, resumedFrom: from })
      expect(events.filter(({ type }) => type === 'step')).toHaveLength(result.steps - step)
      expect(modelBytes(folder).equals(modelBytes(whole)), from).toBe(true)
      const moments = join(names.at(-1)!, 'optimizer.safetensors')
      expect(readFileSync(join(folder, moments)).equals(readFileSync(join(whole, moments))), from).toBe(true)
      expect(resumed.result.state.num_input_tokens_seen).toBe(result.state.num_input_tokens_seen)
    }
  })

  test('also after a signal, again and again', async () => {
    const args = { maxSteps: 6, saveStrategy: 'no' } as const
    const whole = join(root, 'undisturbed')
    await run({ folder: whole, args })
    const folder = join(root, 'stopped')
    for (const stop of [2, 3, 5, 99]) {
      const controller = new AbortController()
      const onEvent = (event: TrainerEvent) => {
        if (event.type === 'step' && event.step === stop) controller.abort()
      }
      const { result } = await run({
        folder,
        args,
        resume: true,
        seed: stop === 2 ? 1 : stop,
        signal: controller.signal,
        onEvent,
      })
      expect([result.reason, result.steps]).toEqual(stop === 99 ? ['finished', 6] : ['aborted', stop])
    }
    expect(modelBytes(folder).equals(modelBytes(whole))).toBe(true)
  })

  test.each([0, 0.7])('with the log and the best model of the whole run, with emaDecay %d', async (emaDecay) => {
    const args = { epochs: 3, evalStrategy: 'epoch', loggingSteps: 1, loadBestModelAtEnd: true, emaDecay } as const
    const whole = join(root, `best whole ${emaDecay}`)
    const { result } = await run({ folder: whole, args, evaluate: true })
    const folder = join(root, `best resumed ${emaDecay}`)
    for (const step of [5, 7])
      await cp(join(whole, `checkpoint-${step}`), join(folder, `checkpoint-${step}`), { recursive: true })
    const resumed = await run({ folder, args, evaluate: true, resume: true, seed: 3 })
    const timeless = (log: typeof result.state.log_history) =>
      log.map(({ eval_runtime: _, eval_samples_per_second: __, ...rest }) => rest)
    expect(timeless(resumed.result.state.log_history)).toEqual(timeless(result.state.log_history))
    expect(resumed.result.state.best_global_step).toBe(result.state.best_global_step)
    expect(modelBytes(folder).equals(modelBytes(whole))).toBe(true)
    expect(modelBytes(folder).equals(modelBytes(join(folder, result.state.best_model_checkpoint!)))).toBe(true)
  })

  test('with a learning rate that evaluations decide', async () => {
    const args = {
      maxSteps: 8,
      evalStrategy: 'steps',
      evalSteps: 1,
      lrScheduler: 'reduce_lr_on_plateau',
      lrSchedulerSettings: { patience: 1, factor: 0.5, threshold: 0.2, cooldown: 1 },
    } as const
    const whole = join(root, 'plateau')
    const { result } = await run({ folder: whole, args, evaluate: true })
    const rates = result.state.log_history.flatMap((entry) => entry.learning_rate ?? [])
    expect(rates.at(-1)).toBeLessThan(rates[0])
    const { ReduceLROnPlateau } = result.state.stateful_callbacks
    for (const step of [1, 3, 4, 6]) {
      const folder = join(root, `plateau from ${step}`)
      await cp(join(whole, `checkpoint-${step}`), join(folder, `checkpoint-${step}`), { recursive: true })
      const resumed = await run({ folder, args, evaluate: true, resume: true, seed: 3 })
      expect(resumed.result.state.stateful_callbacks.ReduceLROnPlateau).toEqual(ReduceLROnPlateau)
      expect(modelBytes(folder).equals(modelBytes(whole)), `from ${step}`).toBe(true)
    }
  })

  test('with the mean losses of the whole run, from wherever it goes on', async () => {
    const args = { maxSteps: 8, loggingSteps: 3 }
    const whole = join(root, 'means')
    const { result } = await run({ folder: whole, args })
    expect(result.state.log_history.map(({ step }) => step)).toEqual([1, 3, 6, 8])
    for (const step of [2, 4, 5, 6, 8]) {
      const folder = join(root, `means from ${step}`)
      await cp(join(whole, `checkpoint-${step}`), join(folder, `checkpoint-${step}`), { recursive: true })
      const resumed = await run({ folder, args, resume: true, seed: 3 })
      expect(resumed.result.state.log_history, `from ${step}`).toEqual(result.state.log_history)
      expect(resumed.result.loss).toBe(result.loss)
    }
  })

  test('with losses that are no numbers', async () => {
    const folder = join(root, 'no numbers')
    const args = { maxSteps: 3, loggingSteps: 1 }
    const spoil = (event: TrainerEvent, model: EncoderModel) => {
      if (event.type === 'start') void model.setParameter('classifier.bias', new Float32Array(5).fill(Number.NaN))
    }
    const { result } = await run({ folder, args, onEvent: spoil })
    expect(result.state.log_history.map(({ loss }) => loss)).toEqual([Number.NaN, Number.NaN, Number.NaN])
    const resumed = await run({ folder, args, resume: true })
    expect(resumed.result).toEqual(result)
    const text = readFileSync(join(folder, 'trainer_state.json'), 'utf8')
    expect(text).toContain('"loss": NaN,')
    expect(parsePythonJson(text)).toEqual(result.state)
  })

  test('a second run on the same model starts afresh', async () => {
    const model = await oddModel(sequenceClassification)
    const before = await allWeights(model)
    const train = async () => {
      await new Trainer({
        model,
        task: textClassification,
        trainItems: items,
        args: { maxSteps: 4, learningRate: 0.01 },
      }).train()
      return allWeights(model)
    }
    const first = await train()
    for (const [name, values] of Object.entries(before)) await model.setParameter(name, values)
    const second = await train()
    await model.close()
    expect(first['classifier.weight']).not.toEqual(before['classifier.weight'])
    expect(second).toEqual(first)
  })
})

test('other settings are refused by name', async () => {
  const folder = join(root, 'settings')
  const args = { maxSteps: 2 }
  await run({ folder, args, settings: { seed: 1, learningRate: 0.1, kept: 'x', gone: true } })
  const settings = { seed: 2, learningRate: 0.1, kept: 'x', added: [1] }
  const again = run({ folder, args, resume: true, settings })
  await expect(again).rejects.toThrow(ConfigError)
  await expect(again).rejects.toThrow(/settings.checkpoint-2 belongs to a run with other settings/)
  await expect(again).rejects.toThrow(
    /:\n {2}seed: 1 -> 2\n {2}gone: true -> undefined\n {2}added: undefined -> \[1\]$/,
  )
})

test('a run that is done goes on to the same end', async () => {
  const folder = join(root, 'done')
  const { result: first } = await run({ folder, args: { maxSteps: 3 } })
  expect(first).toMatchObject({ steps: 3, reason: 'finished' })
  const before = modelBytes(folder)
  const { result } = await run({ folder, args: { maxSteps: 3 }, resume: true, seed: 5 })
  expect(result).toEqual(first)
  expect(modelBytes(folder).equals(before)).toBe(true)
})

test('gradients that are not finite leave the weights alone, and the run goes on', async () => {
  const seen: string[] = []
  const poisoned = 'bert.embeddings.LayerNorm.bias'
  const model = await oddModel(sequenceClassification)
  const kept = await model.parameter(poisoned)
  await model.setParameter(
    poisoned,
    kept.map((x, i) => (i === 3 ? Number.NaN : x)),
  )
  const broken = await allWeights(model)
  const { state } = await new Trainer({
    model,
    task: textClassification,
    trainItems: items,
    args: { maxSteps: 2, learningRate: 1, loggingSteps: 1 },
    onEvent: (event) => seen.push(event.type),
  }).train()
  const after = await allWeights(model)
  await model.close()
  expect(after).toEqual(broken)
  expect(seen.filter((type) => type === 'warning')).toHaveLength(2)
  expect(state.global_step).toBe(2)
})
