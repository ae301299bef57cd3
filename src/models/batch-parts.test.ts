import { describe, expect, test } from 'vitest'
import { formulaBatch } from '../../test/formula.ts'
import { taskBatches } from '../../test/task-batches.ts'
import { collateClassification, collateMaskedLm, type MaskedLmItem } from '../data/collator.ts'
import type { ModelBatch } from './batch-inputs.ts'
import { exampleCount, joinBatches, sliceBatch, splitBatch } from './batch-parts.ts'

const sizes = { lengths: [7, 2, 5, 11, 1, 6], vocabSize: 97, classes: 5 }
const made = formulaBatch(sizes.lengths, sizes.vocabSize, sizes.classes)
const batches: Record<string, ModelBatch> = {
  'sequence-classification': made.classification,
  'masked-lm': made.maskedLm,
  pretraining: made.pretraining,
  ...Object.fromEntries(Object.entries(taskBatches).map(([task, make]) => [task, make(sizes).batch])),
}

describe.each(Object.entries(batches))('a batch of %s', (_, batch) => {
  test('is what its parts are together', () => {
    for (const parts of [2, 3, 99]) {
      const split = splitBatch(batch, parts)
      expect(split).toHaveLength(Math.min(parts, exampleCount(batch)))
      expect(split.reduce((sum, part) => sum + exampleCount(part), 0)).toBe(exampleCount(batch))
      expect(joinBatches(split)).toEqual(batch)
    }
    expect(splitBatch(batch, 1)).toEqual([batch])
  })
})

test('a slice is what the collator makes of its items', () => {
  const items = made.sequences.map((each, i) => ({ ...each, labelId: made.classification.labels![i] }))
  expect(sliceBatch(made.classification, 1, 4)).toEqual(collateClassification(items.slice(1, 4)))
  const masked = made.sequences as MaskedLmItem[]
  expect(sliceBatch(made.maskedLm, 2, 5)).toEqual(collateMaskedLm(masked.slice(2, 5)))
})

test('of multiple choice an example is all of its choices', () => {
  const batch = taskBatches['multiple-choice-ragged'](sizes).batch // 1, 3 and 2 choices
  const [first, second] = splitBatch(batch, 2)
  expect([first.choices, second.choices]).toEqual([Int32Array.of(1, 3), Int32Array.of(2)])
  expect([first.size, second.size]).toEqual([4, 2])
  expect(second.ids).toEqual(batch.ids.subarray(7 + 2 + 5 + 11))
})
