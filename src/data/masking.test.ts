import { describe, expect, test } from 'vitest'
import { ConfigError, ShapeError } from '../core/errors.ts'
import { randomStream } from '../core/random.ts'
import {
  continuingPieces,
  type MaskableWords,
  type MaskingOptions,
  maskSpans,
  maskTokens,
  maskWholeWords,
  spanLength,
  wordRanges,
  wordStartsOfPieces,
  wordStartsOfWordIds,
} from './masking.ts'

const maskId = 4
const vocabSize = 30_000
const special = 2

/** Sequences of 128 tokens between special ones, one more in the middle; words of one to five tokens. */
function sequences(count: number): MaskableWords[] {
  const random = randomStream(7, 'words')
  return Array.from({ length: count }, () => {
    const ids = Int32Array.from({ length: 131 }, () => 5 + random.integer(vocabSize - 5))
    const specialTokensMask = new Uint8Array(131)
    for (const t of [0, 65, 130]) {
      ids[t] = special
      specialTokensMask[t] = 1
    }
    // Half of the words have one token, a quarter two, …
    const wordStarts = new Uint8Array(131)
    for (let t = 0, left = 0; t < 131; t++, left--) {
      if (left > 0 && specialTokensMask[t] === 0) continue
      wordStarts[t] = 1
      left = Math.min(5, 1 + Math.floor(-Math.log2(1 - random.uniform())))
    }
    return { ids, specialTokensMask, wordStarts }
  })
}

const maskings: Record<string, (sequence: MaskableWords, options: MaskingOptions) => ReturnType<typeof maskTokens>> = {
  tokens: maskTokens,
  'whole words': maskWholeWords,
  spans: maskSpans,
  'spans of one kind': (sequence, options) => maskSpans(sequence, { ...options, replacement: 'span' }),
}

describe.each(Object.entries(maskings))('masking of %s', (name, mask) => {
  test('over millions of positions 15 % are predicted: 80 % [MASK], 10 % random, 10 % stay; never a special token', () => {
    // As wide as 0.2 points need: where all of a span is of one kind, there are an eighth as many draws.
    const millions = name === 'spans of one kind' ? 16 : 4
    let [positions, chosen, toMask, same, random, wrong, brokenWords] = [0, 0, 0, 0, 0, 0, 0]
    const texts = sequences(2000)
    for (let round = 0; round < (millions * 1e6) / (2000 * 128); round++) {
      for (let i = 0; i < texts.length; i++) {
        const { ids, specialTokensMask, wordStarts } = texts[i]
        const masked = mask(texts[i], { maskId, vocabSize, randomStream: randomStream(1, round, i) })
        for (let t = 0; t < ids.length; t++) {
          const label = masked.labels[t]
          if (specialTokensMask[t] === 1) {
            if (label !== -100 || masked.ids[t] !== special) wrong++
            continue
          }
          positions++
          if (wordStarts[t] === 0 && specialTokensMask[t - 1] === 0 && label < 0 !== masked.labels[t - 1] < 0) {
            brokenWords++
          }
          if (label === -100) {
            if (masked.ids[t] !== ids[t]) wrong++
            continue
          }
          if (label !== ids[t]) wrong++
          chosen++
          if (masked.ids[t] === maskId) toMask++
          else if (masked.ids[t] === ids[t]) same++
          else if (masked.ids[t] >= 0 && masked.ids[t] < vocabSize) random++
          else wrong++
        }
      }
    }
    expect(wrong).toBe(0)
    if (name !== 'tokens') expect(brokenWords).toBe(0)
    expect(positions).toBeGreaterThanOrEqual(millions * 1e6 - 2000 * 128)
    // Standard deviations at 4 million positions: 0.02 points of 15 %, 0.05 of 80 %, 0.04 of 10 %.
    expect(Math.abs(chosen / positions - 0.15)).toBeLessThan(0.002)
    expect(Math.abs(toMask / chosen - 0.8)).toBeLessThan(0.002)
    expect(Math.abs(random / chosen - 0.1)).toBeLessThan(0.002)
    expect(Math.abs(same / chosen - 0.1)).toBeLessThan(0.002)
  })

  test('the same stream masks the same; probabilities 0 and 1 and other shares are exact; the input stays', () => {
    const [text] = sequences(1)
    const before = text.ids.slice()
    const run = (seed: number, options: Partial<MaskingOptions>) =>
      mask(text, { maskId, vocabSize, ...options, randomStream: randomStream(seed) })
    expect(run(3, { probability: 0.5 })).toEqual(run(3, { probability: 0.5 }))
    expect(run(3, { probability: 0.5 })).not.toEqual(run(4, { probability: 0.5 }))
    expect([...run(1, { probability: 0 }).labels].every((label) => label === -100)).toBe(true)
    const all = run(1, { probability: 1, maskShare: 1, randomShare: 0 })
    expect([...all.labels]).toEqual([...text.ids].map((id, t) => (text.specialTokensMask[t] ? -100 : id)))
    expect([...all.ids]).toEqual([...text.ids].map((id, t) => (text.specialTokensMask[t] ? id : maskId)))
    expect(run(1, { probability: 1, maskShare: 0, randomShare: 0 }).ids).toEqual(text.ids)
    expect(text.ids).toEqual(before)
  })

  test('refuses numbers out of range and masks of another length', () => {
    const options = { maskId, vocabSize, randomStream: randomStream(1) }
    const text = { ids: Int32Array.of(9), specialTokensMask: [0], wordStarts: [1] }
    for (const probability of [-0.1, 1.1, Number.NaN]) {
      expect(() => mask(text, { ...options, probability })).toThrow(ConfigError)
    }
    expect(() => mask(text, { ...options, maskShare: 0.8, randomShare: 0.3 })).toThrow(/more than 1 together/)
    expect(() => mask(text, { ...options, maskShare: -1 })).toThrow(ConfigError)
    expect(() => mask({ ...text, specialTokensMask: [] }, options)).toThrow(ShapeError)
  })
})

describe('spans', () => {
  /** 2000 words of one token, one span at most. */
  const text = {
    ids: new Int32Array(2000).fill(9),
    specialTokensMask: new Uint8Array(2000),
    wordStarts: new Uint8Array(2000).fill(1),
  }

  test('their lengths are geometric, cut off at 10: mean 3.8, as in the paper', () => {
    const draws = 100_000
    const counts = new Float64Array(11)
    for (let i = 0; i < draws; i++) counts[spanLength((i + 0.5) / draws, 0.2, 10)]++
    // The distribution of SpanBERT's masking.py: in proportion to p (1 - p)^(length - 1).
    const weights = Array.from({ length: 10 }, (_, i) => 0.2 * 0.8 ** i)
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    weights.forEach((weight, i) => {
      expect(Math.abs(counts[i + 1] / draws - weight / total)).toBeLessThan(2e-5)
    })
    expect(counts.reduce((sum, count, length) => sum + count * length, 0) / draws).toBeCloseTo(3.797, 3)
    expect([spanLength(0, 0.2, 10), spanLength(1 - 2 ** -53, 0.2, 10), spanLength(0.9, 1, 10)]).toEqual([1, 10, 1])
  })

  test('stand in the text as long as they were drawn', () => {
    let [sum, count] = [0, 0]
    for (let run = 0; run < 500; run++) {
      const options = { maskId, vocabSize, probability: 0.05, maskShare: 0.5, randomShare: 0 }
      const { ids, labels } = maskSpans(text, { ...options, replacement: 'span', randomStream: randomStream(run) })
      // Runs of masked tokens; 26 spans among 2000 words seldom touch.
      for (let t = 0; t < 2000; t++) {
        if (labels[t] === -100) continue
        sum++
        if (t === 0 || labels[t - 1] === -100 || (ids[t] === maskId) !== (ids[t - 1] === maskId)) count++
      }
    }
    expect(sum / count).toBeGreaterThan(3.6)
    expect(sum / count).toBeLessThan(4.1)
  })

  test('refuses lengths out of range', () => {
    const options = { maskId, vocabSize, randomStream: randomStream(1) }
    expect(() => maskSpans(text, { ...options, geometricP: 0 })).toThrow(/above 0 and at most 1/)
    expect(() => maskSpans(text, { ...options, maxSpanLength: 0.5 })).toThrow(/longest span/)
    expect(() => maskSpans(text, { ...options, replacement: 'word' as 'span' })).toThrow(/"token" or "span"/)
    const { labels } = maskSpans(text, { ...options, geometricP: 1, probability: 1 })
    expect(labels.every((label) => label === 9)).toBe(true)
  })
})

test('words are told by ## or by word ids', () => {
  const continuing = continuingPieces(['[CLS]', 'un', '##able', '##', undefined, '#'])
  expect([...continuing]).toEqual([0, 0, 1, 0, 0, 0])
  const ids = Int32Array.of(0, 1, 2, 3, 2, 2, 0)
  expect([...wordStartsOfPieces(ids, continuing)]).toEqual([1, 1, 0, 1, 0, 0, 1])
  expect([...wordStartsOfWordIds([null, 0, 0, 1, 1, 1, null])]).toEqual([1, 1, 0, 1, 0, 0, 1])
  // A piece behind a special token begins a word: it has lost its own.
  const { starts, ends, count } = wordRanges({
    ids: Int32Array.of(0, 2, 2, 0, 1),
    specialTokensMask: [1, 0, 0, 1, 0],
    wordStarts: [1, 0, 0, 1, 1],
  })
  expect([[...starts.slice(0, count)], [...ends.slice(0, count)]]).toEqual([
    [1, 4],
    [3, 5],
  ])
})
