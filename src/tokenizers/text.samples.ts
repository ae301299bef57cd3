/** For tests: texts as NormalizedText, and results in the form of the fixtures. */
import { codePointsToText, NormalizedText } from './normalized-text.ts'
import { SplitText } from './split-text.ts'

/** Words, and for each of their code points: source start less the end of the one before, source length. */
export type TextResult = [words: string[], ranges: number[]]

/** A text as it comes, each character from its own place. */
export function plainText(text: string): NormalizedText {
  const plain = new NormalizedText()
  let at = 0
  for (const character of text) {
    plain.push(character.codePointAt(0) as number, at, at + character.length)
    at += character.length
  }
  return plain
}

/** One word with all the text. */
export function oneWord(text: NormalizedText): SplitText {
  const split = new SplitText()
  split.text.append(text, 0, text.length)
  split.pushWord(0, text.length)
  split.sourceStart = 0
  return split
}

export function describeText(text: NormalizedText): TextResult {
  return describeWords(oneWord(text))
}

export function describeWords({ text, count, wordStarts, wordEnds }: SplitText): TextResult {
  const words: string[] = []
  const ranges: number[] = []
  let last = 0
  for (let w = 0; w < count; w++) {
    words.push(codePointsToText(text.codePoints, wordStarts[w], wordEnds[w]))
    for (let i = wordStarts[w]; i < wordEnds[w]; i++) {
      ranges.push(text.starts[i] - last, text.ends[i] - text.starts[i])
      last = text.ends[i]
    }
  }
  return [words, ranges]
}
