import { describe, expect, test } from 'vitest'
import { ConfigError } from '../core/errors.ts'
import { IGNORED_LABEL } from '../data/collator.ts'
import fixture from './class-weights.fixture.json' with { type: 'json' }
import { balancedWeights, type ClassTask, type LossSettings, lossDefaults, lossOptions } from './loss-settings.ts'
import { multiLabelClassification } from './tasks/multi-label-classification.ts'
import { multipleChoice } from './tasks/multiple-choice.ts'
import { nextSentence } from './tasks/next-sentence.ts'
import { questionAnswering } from './tasks/question-answering.ts'
import { regression } from './tasks/regression.ts'
import { textClassification } from './tasks/text-classification.ts'
import { tokenClassification } from './tasks/token-classification.ts'
import { prepare } from './trainer.samples.ts'

const model = { config: { labels: ['ham', 'spam', 'other'] } }
type Item = { labelId: number }
const items: Item[] = [0, 0, 0, 1, 0, 1].map((labelId) => ({ labelId }))
const task: ClassTask<Item> = { name: 'text-classification', classIds: ({ labelId }) => [labelId] }
const options = (settings: Partial<LossSettings>, of = task) =>
  lossOptions({ ...lossDefaults, ...settings }, of, model, items)

test.each(fixture.cases)('classes that come $counts times weigh as in scikit-learn', ({ counts, weights }) => {
  const expected = weights.map((weight) => weight ?? 1) // has none there
  for (const [i, weight] of balancedWeights(counts).entries()) expect(weight).toBeCloseTo(expected[i], 12)
})

describe('the loss', () => {
  test('is the plain one by default', () => {
    expect(options({})).toBeUndefined()
    expect(options({ classWeights: {} })).toMatchObject({ classWeights: [1, 1, 1] })
  })

  test('has weights by how often the classes come, or by name', () => {
    expect(options({ classWeights: 'balanced' })?.classWeights).toEqual([6 / (2 * 4), 6 / (2 * 2), 1])
    expect(options({ classWeights: { other: 2.5, ham: 0 } })?.classWeights).toEqual([0, 1, 2.5])
    const odd = { config: { labels: ['constructor', 'toString'] } }
    expect(lossOptions({ ...lossDefaults, classWeights: { toString: 3 } as never }, task, odd, items)).toMatchObject({
      classWeights: [1, 3],
    })
  })

  test('of tokens counts those that have a class', () => {
    const tagged = [
      [0, IGNORED_LABEL, 1, 0],
      [IGNORED_LABEL, 0],
    ].map((labels) => ({ labels: Int32Array.from(labels) }))
    const settings = { ...lossDefaults, classWeights: 'balanced' } as const
    const { classIds } = tokenClassification
    const of = { classIds } as unknown as ClassTask<(typeof tagged)[number]>
    expect(lossOptions(settings, of, model, tagged)?.classWeights).toEqual([4 / (2 * 3), 4 / 2, 1])
  })

  test('is smoothed and focused together with that', () => {
    expect(options({ labelSmoothing: 0.1, focalGamma: 2, classWeights: { spam: 3 } })).toEqual({
      labelSmoothing: 0.1,
      focalGamma: 2,
      classWeights: [1, 3, 1],
    })
  })

  test('of a run is that of its training items', async () => {
    const train = async (classWeights: 'balanced' | 'none') => {
      const { trainer, course } = prepare({
        items: [2, 1, 1, 2, 1, 2, 2, 2],
        args: { maxSteps: 1, classWeights },
        task: { classIds: (item) => [item - 1] },
      })
      await trainer.train()
      return course.compiled[0].loss
    }
    expect(await train('none')).toBeUndefined()
    expect(await train('balanced')).toMatchObject({ classWeights: [8 / (2 * 3), 8 / (2 * 5)] })
  })
})

describe('refused:', () => {
  const without = {
    regression,
    'multi-label-classification': multiLabelClassification,
    'question-answering': questionAnswering,
    'multiple-choice': multipleChoice,
    'next-sentence': nextSentence,
  }
  const settings = [{ classWeights: 'balanced' }, { labelSmoothing: 0.1 }, { focalGamma: 2 }] as const
  test.each(Object.entries(without).flatMap(([name, of]) => settings.map((given) => [name, given, of] as const)))(
    '%s with %o',
    (name, given, of) => {
      const attempt = () => options(given, of as unknown as typeof task)
      expect(attempt).toThrow(ConfigError)
      const [setting] = Object.keys(given)
      expect(attempt).toThrow(
        `${setting} is for tasks that tell one class of several, text-classification and token-classification, not for ${name}`,
      )
    },
  )

  test('tasks that tell classes have them', () => {
    for (const of of [textClassification, tokenClassification]) expect(of.classIds).toBeDefined()
  })

  test('a label that the model does not have', () => {
    expect(() => options({ classWeights: { spaam: 2 } })).toThrow(
      'classWeights has "spaam", which is no label of the model; did you mean "spam"? (its labels: "ham", "spam", "other")',
    )
  })

  test('weights that are all 0', () => {
    expect(() => options({ classWeights: { ham: 0, spam: 0, other: 0 } })).toThrow(/classWeights are 0 for all classes/)
  })
})
