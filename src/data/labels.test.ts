import { expect, test } from 'vitest'
import { DataError } from '../core/errors.ts'
import { collectLabels, labelIds } from './labels.ts'

const named = (...labels: (string | undefined)[]) =>
  labels.map((label, i) => ({ label, source: { file: 'dev.tsv', row: i + 1 } }))

test('labels are distinct and sorted, numbers by value', () => {
  expect(collectLabels(named('pos', 'neg', 'pos', undefined))).toEqual(['neg', 'pos'])
  expect(collectLabels(named('10', '9', '-1', '2.5'))).toEqual(['-1', '2.5', '9', '10'])
  expect(collectLabels(named('10', '9', 'b'))).toEqual(['10', '9', 'b'])
  expect(collectLabels([])).toEqual([])
})

test('ids are positions in the list', () => {
  expect(labelIds(named('b', 'a', 'b'), ['a', 'b'])).toEqual(Int32Array.of(1, 0, 1))
})

test('an unknown label names file, row, label, and the known ones', () => {
  expect(() => labelIds(named('pos', 'positiv'), ['neg', 'pos', 'positive'])).toThrow(DataError)
  expect(() => labelIds(named('pos', 'positiv'), ['neg', 'pos', 'positive'])).toThrow(
    /dev\.tsv, row 2: label "positiv" .*did you mean "positive"\? Known labels: "neg", "pos", "positive"\. Labels of the data: "pos", "positiv"\. Evaluation data has a label that training never had/,
  )
  expect(() => labelIds(named(undefined), ['a'])).toThrow(/dev\.tsv, row 1: the example has no label/)
})
