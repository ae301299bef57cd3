import { describe, expect, test } from 'vitest'
import { ConfigError } from '../core/errors.ts'
import { sequenceLimit } from './sequence-limit.ts'

const model = { config: { maxPositionEmbeddings: 16, vocabSize: 11 } }

describe('texts are cut', () => {
  test.each([
    ['at what the model takes', undefined, undefined, 16],
    ['at what the tokenizer says, if that is less', 9, undefined, 9],
    ['at what the model takes, if the tokenizer says more', 512, undefined, 16],
    ['where it was asked for, whatever the tokenizer says', 9, 12, 12],
    ['at least behind [CLS], a token and [SEP]', undefined, 3, 3],
  ])('%s', (_where, maxLength, wanted, limit) => {
    expect(sequenceLimit(model, { vocabSize: 11, maxLength }, wanted)).toBe(limit)
  })
})

test.each([2, 17, 4.5, Number.NaN])('a limit of %s is refused', (wanted) => {
  expect(() => sequenceLimit(model, { vocabSize: 11 }, wanted)).toThrow(ConfigError)
  expect(() => sequenceLimit(model, { vocabSize: 11 }, wanted)).toThrow(
    `from 3 to 16, the model's limit, not ${wanted}`,
  )
})

test('a tokenizer with more tokens than the model is refused', () => {
  expect(() => sequenceLimit(model, { vocabSize: 12 })).toThrow(/the tokenizer has 12 tokens, the model 11/)
})
