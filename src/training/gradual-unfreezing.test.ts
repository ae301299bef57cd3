import { expect, test } from 'vitest'
import { formulaBatch } from '../../test/formula.ts'
import { allWeights, oddSizes, withOddModel } from '../../test/odd-model.ts'
import { sequenceClassification } from '../models/heads/sequence-classification.ts'
import { initialValues } from '../models/initialize.ts'
import { GradualUnfreezing, type UnfreezingState } from './gradual-unfreezing.ts'
import { AdamW } from './optimizers/adamw.ts'
import { reinitializeLayers } from './reinitialize.ts'

const batch = formulaBatch([7, 2, 5], oddSizes.vocabSize, oddSizes.labels.length).classification

/** What moved at a step, without the tensors of a layer. */
const parts = (names: readonly string[]) => [
  ...new Set(names.map((name) => /embeddings|layer\.\d|pooler|classifier/.exec(name)![0])),
]

test('unfreezes from the head down, the embeddings last, and says when', () =>
  withOddModel(sequenceClassification, {}, async (model) => {
    const training = await model.compile({ optimizer: new AdamW({ learningRate: 1e-2, weightDecay: 0.1 }) })
    const state: UnfreezingState = { stage_starts: [] }
    const settings = { gradualUnfreezing: 'epoch', gradualUnfreezingSteps: 1 } as const
    const unfreezing = new GradualUnfreezing(model, training, settings, state)
    const moved: string[][] = []
    let before = await allWeights(model)
    for (let done = 0; done < 6; done++) {
      await unfreezing.before({ done, epoch: (done + 1) / 2 + (done === 1 ? 1e-12 : 0) }) // two steps an epoch
      await training.step(batch)
      const after = await allWeights(model)
      moved.push(parts(Object.keys(after).filter((name) => after[name].some((value, i) => value !== before[name][i]))))
      before = after
    }
    const stages = [['pooler', 'classifier'], ['layer.1'], ['layer.0'], ['embeddings']]
    const upTo = (stage: number) =>
      stages
        .slice(0, stage + 1)
        .flat()
        .sort()
    expect(moved.map((each) => each.sort())).toEqual([0, 0, 1, 1, 2, 2].map(upTo))
    expect(state).toEqual({ stage_starts: [0, 2, 4] })
    await unfreezing.before({ done: 6, epoch: 9 })
    expect(state).toEqual({ stage_starts: [0, 2, 4, 6] })
  }))

test('leaves state that is not in use as it is', () =>
  withOddModel(sequenceClassification, {}, async (model) => {
    const training = await model.compile({ optimizer: new AdamW() })
    await training.step(batch)
    const { slots } = await training.state()
    await training.restrict({ isActive: (name) => name.startsWith('classifier') })
    await training.step(batch)
    const { slots: later } = await training.state()
    for (const [name, values] of Object.entries(later.firstMoment)) {
      if (name.startsWith('classifier')) expect(values, name).not.toEqual(slots.firstMoment[name])
      else expect(values, name).toEqual(slots.firstMoment[name])
    }
    const { gradients, gradNorm } = await training.gradients(batch)
    const norm = Math.hypot(...[...gradients['classifier.weight'], ...gradients['classifier.bias']])
    expect(Math.abs(gradNorm / norm - 1)).toBeLessThan(1e-6)
    await expect(training.restrict({ isActive: () => false })).rejects.toMatchObject({ code: 'NOTHING_TO_TRAIN' })
  }))

test('the last layers and the pooler begin anew, by the seed', () =>
  withOddModel(sequenceClassification, {}, async (model) => {
    const before = await allWeights(model)
    await reinitializeLayers(model, 0, 3)
    expect(await allWeights(model)).toEqual(before)
    await reinitializeLayers(model, 1, 3)
    const after = await allWeights(model)
    for (const spec of model.parameters) {
      const isNew = /layer\.1\.|pooler/.test(spec.name)
      expect(after[spec.name], spec.name).toEqual(isNew ? initialValues(spec, 0.02, 3) : before[spec.name])
    }
  }))
