import { expect, test } from 'vitest'
import { labelValues } from './label-values.ts'

const example = (label?: string, row = 2) => ({ label, source: { file: 'sts.csv', row } })

test('labels are numbers as they are written', () => {
  const labels = ['3.5', '-2', '+.25', '5.', '1e-3', '2E2', '0']
  expect([...labelValues(labels.map((label) => example(label)))]).toEqual([3.5, -2, 0.25, 5, 1e-3, 200, 0])
})

test.each(['good', '', '0x10', 'Infinity', 'NaN', '1 2', '1e999', '١'])('"%s" is refused', (label) => {
  const read = () => labelValues([example('1'), example(label, 3)])
  expect(read).toThrow(expect.objectContaining({ code: 'NOT_A_NUMBER' }))
  expect(read).toThrow(`sts.csv, row 3: the label ${JSON.stringify(label)} is no number`)
})

test('a decimal comma and a missing label are named', () => {
  expect(() => labelValues([example('3,5')])).toThrow('Write it with a point: 3.5')
  expect(() => labelValues([example()])).toThrow(/sts\.csv, row 2: the example has no label.*--label-column/)
})
