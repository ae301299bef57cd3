import { expect, test } from 'vitest'
import fixture from './decoders.fixture.json' with { type: 'json' }
import type { DecoderConfig } from './index.ts'
import { createDecoder, readDecoder } from './index.ts'

const cases = fixture.cases as unknown as { config: DecoderConfig; results: (string | null)[] }[]

test.each(cases.map((one) => [JSON.stringify(one.config).slice(0, 120), one] as const))(
  '%s as in tokenizers 0.23.2',
  (_, { config, results }) => {
    expect(readDecoder(config, 'tokenizer.json')).toEqual(config)
    const decoder = createDecoder(config)
    for (const [i, tokens] of fixture.tokens.entries()) {
      const text = decoder.decode(tokens).join('')
      // Where the reference fails, here is a text all the same.
      if (results[i] !== null) expect(text).toBe(results[i])
    }
  },
)

test.each([
  [{ type: 'Loud' }, /the decoder "Loud" is not known. Known: BPEDecoder, ByteLevel/],
  [{ type: 'WordPiece', prefix: '##' }, /"cleanup" should be true or false/],
  [{ type: 'Strip', content: ' ', start: -1, stop: 0 }, /"start" should be a whole number of 0 or more, found -1/],
  [{ type: 'Sequence', decoders: [{ type: 'Fuse' }, 3] }, /decoders\[1\]: the decoder should be an object, found 3/],
])('%j is refused', (config, message) => {
  expect(() => readDecoder(config, 'tokenizer.json')).toThrow(message)
})
