import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DataError, ShapeError } from '../core/errors.ts'
import { collateChoices, collateMultipleChoice } from './collate-choices.ts'
import { collateTargets, multiHot } from './collate-targets.ts'
import fixture from './collator.fixture.json' with { type: 'json' }
import { collateClassification, collateMaskedLm, collateSequences, type SequenceBatch } from './collator.ts'

const int32 = (values: ArrayLike<number>) => Int32Array.from(values)

/** What attention sees: the padded grid that the index vectors describe. */
function pad(batch: SequenceBatch, flat: Int32Array): number[][] {
  return Array.from({ length: batch.size }, (_, b) =>
    Array.from({ length: batch.longest }, (_, t) => {
      const cell = b * batch.longest + t
      return batch.keyMask[cell] === 1 ? flat[batch.tokenRows[cell]] : 0
    }),
  )
}

describe("agrees with transformers' collators", () => {
  const items = fixture.sequences.map((sequence, b) => ({
    ids: int32(sequence.input_ids),
    typeIds: int32(sequence.token_type_ids),
    labelId: fixture.labels[b],
  }))

  test('padded to a grid, DataCollatorWithPadding', () => {
    const batch = collateClassification(items)
    expect(pad(batch, batch.ids)).toEqual(fixture.padded.input_ids)
    expect(pad(batch, batch.typeIds)).toEqual(fixture.padded.token_type_ids)
    expect([...batch.keyMask]).toEqual(fixture.padded.attention_mask.flat())
    expect([...batch.labels]).toEqual(fixture.padded.labels)
    expect([...batch.firstTokens]).toEqual(fixture.firstTokens)
    expect([batch.size, batch.tokens, batch.longest]).toEqual([3, 12, 7])
    expect([...batch.positionIds]).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 0])
  })

  test('targets of each output, DataCollatorWithPadding', () => {
    const batch = collateTargets(items.map((item, b) => ({ ...item, targets: Float32Array.from(fixture.targets[b]) })))
    expect([...batch.targets]).toEqual(fixture.collatedTargets.flat())
    expect(pad(batch, batch.ids)).toEqual(fixture.padded.input_ids)
  })

  test('examples of two choices, DataCollatorForMultipleChoice', () => {
    const examples = fixture.choiceOrder.map((order, e) => ({ choices: order.map((b) => items[b]), labelId: e }))
    const batch = collateMultipleChoice(examples)
    expect(pad(batch, batch.ids)).toEqual(fixture.choices.input_ids.flat())
    expect(pad(batch, batch.typeIds)).toEqual(fixture.choices.token_type_ids.flat())
    expect([...batch.keyMask]).toEqual(fixture.choices.attention_mask.flat(2))
    expect([...batch.labels]).toEqual(fixture.choices.labels)
    expect([...batch.choices]).toEqual([2, 2])
  })

  test('labels of masked tokens', () => {
    const batch = collateMaskedLm(items.map((item, b) => ({ ...item, labels: int32(fixture.tokenLabels[b]) })))
    expect([...batch.maskedRows]).toEqual(fixture.maskedRows)
    expect([...batch.labels]).toEqual(fixture.paddedTokenLabels.flat().filter((label) => label !== -100))
  })
})

test('examples may have different numbers of choices', () => {
  const sequence = (...ids: number[]) => ({ ids: int32(ids), typeIds: new Int32Array(ids.length) })
  const batch = collateChoices([{ choices: [sequence(7)] }, { choices: [sequence(8, 9), sequence(6), sequence(5, 4)] }])
  expect([...batch.choices]).toEqual([1, 3])
  expect([...batch.firstTokens]).toEqual([0, 1, 3, 4])
  expect(() => collateChoices([{ choices: [sequence(7)] }, { choices: [] }])).toThrow(
    expect.objectContaining({ code: 'NO_CHOICES', message: expect.stringContaining('example 1') }),
  )
  expect(() => collateChoices([])).toThrow(DataError)
})

test('targets are as many for each sequence; several labels become ones', () => {
  const item = (...targets: number[]) => ({ ids: int32([5]), typeIds: int32([0]), targets: Float32Array.from(targets) })
  expect(() => collateTargets([item(1, 0), item(1)])).toThrow(
    expect.objectContaining({ code: 'TARGET_COUNT', message: expect.stringMatching(/text 1 .* 1 targets.* 2:/) }),
  )
  expect([...multiHot([3, 0, 3], 5)]).toEqual([1, 0, 0, 1, 0])
  expect([...multiHot([], 2)]).toEqual([0, 0])
  for (const id of [5, -1, 0.5, Number.NaN]) expect(() => multiHot([id], 5)).toThrow(DataError)
})

test('the index vectors are inverse to each other, whatever the lengths', () => {
  const sequence = fc.array(fc.tuple(fc.nat({ max: 96 }), fc.nat({ max: 1 })), { minLength: 1, maxLength: 11 })
  fc.assert(
    fc.property(fc.array(sequence, { minLength: 1, maxLength: 5 }), (all) => {
      const batch = collateSequences(
        all.map((pairs) => ({ ids: int32(pairs.map(([id]) => id)), typeIds: int32(pairs.map(([, type]) => type)) })),
      )
      expect([...batch.ids]).toEqual(all.flat().map(([id]) => id))
      expect([...batch.typeIds]).toEqual(all.flat().map(([, type]) => type))
      expect(batch.longest).toBe(Math.max(...all.map((pairs) => pairs.length)))
      expect(batch.keyMask.reduce((sum, value) => sum + value, 0)).toBe(batch.tokens)
      batch.cellOfToken.forEach((cell, row) => {
        expect(batch.tokenRows[cell]).toBe(row)
        expect(batch.keyMask[cell]).toBe(1)
        expect(cell % batch.longest).toBe(batch.positionIds[row])
        expect(batch.firstTokens[Math.floor(cell / batch.longest)]).toBe(row - batch.positionIds[row])
      })
      batch.keyMask.forEach((kept, cell) => {
        if (kept === 0) expect(batch.tokenRows[cell]).toBe(0)
      })
    }),
  )
})

test('nothing masked gives an empty label list', () => {
  const batch = collateMaskedLm([{ ids: int32([1, 2]), typeIds: int32([0, 0]), labels: int32([-100, -100]) }])
  expect([batch.labels.length, batch.maskedRows.length]).toEqual([0, 0])
})

test('refuses sequences that cannot be right', () => {
  expect(() => collateSequences([])).toThrow(DataError)
  expect(() => collateSequences([{ ids: int32([]), typeIds: int32([]) }])).toThrow(
    /sequence 0 of the batch has no tokens/,
  )
  expect(() => collateSequences([{ ids: int32([1]), typeIds: int32([0, 0]) }])).toThrow(ShapeError)
  expect(() => collateMaskedLm([{ ids: int32([1]), typeIds: int32([0]), labels: int32([]) }])).toThrow(/0 labels/)
})
