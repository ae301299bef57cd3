import { expect, test } from 'vitest'
import { ConfigError } from '../core/errors.ts'
import { evaluationFiles } from './training-data.ts'

test('evaluation data is one file, or several by name', () => {
  expect(evaluationFiles()).toEqual({})
  expect(evaluationFiles('dev.csv')).toBe('dev.csv')
  expect(evaluationFiles(['dev.csv'])).toBe('dev.csv')
  expect(evaluationFiles(['./a=b.csv'])).toBe('./a=b.csv')
  expect(evaluationFiles(['english=en.csv', 'german=data/de=1.csv'])).toEqual({
    english: 'en.csv',
    german: 'data/de=1.csv',
  })
  expect(evaluationFiles(['german=de.csv'])).toEqual({ german: 'de.csv' })
})

test.each([
  [['a.csv', 'b.csv'], /each with a name: --eval english=en.csv german=de.csv, not "a.csv"/],
  [['a=a.csv', 'b.csv'], /not "b.csv"/],
  [['a=a.csv', 'a=b.csv'], /two files of the name "a"/],
  [['two words=a.csv'], /letters, digits, - and _, not "two words"/],
])('%o is refused', (given, message) => {
  expect(() => evaluationFiles(given)).toThrow(ConfigError)
  expect(() => evaluationFiles(given)).toThrow(message)
})
