import { expect, test } from 'vitest'
import { tagOptions } from './tag-options.ts'

test('a scheme by another name is refused with the name that it has here', () => {
  expect(tagOptions({ tagScheme: 'IOB2' }).scheme).toBe('IOB2')
  expect(() => tagOptions({ tagScheme: 'BIO' })).toThrow(/BIO is called IOB2 here: give --tag-scheme IOB2$/)
  expect(() => tagOptions({ tagScheme: 'iobes' })).toThrow(/--tag-scheme BIOES$/)
  expect(() => tagOptions({ tagScheme: 'BIOE' })).toThrow(/one of IOB1, IOB2, BIOES, BILOU, none, not "BIOE"; did you/)
})
