/**
 * What a text is compared by in the evaluation of SQuAD: lower case, without ASCII punctuation, without the English articles a, an
 * and the, words parted by one space. Equals `normalize_answer` of the official evaluation scripts of SQuAD 1.1 and 2.0, Python's
 * notion of letters and white space included. Other languages get the same treatment, as XQuAD's authors do: their articles stay.
 */
export function normalizeAnswer(text: string): string {
  return words(text).join(' ')
}

/** The words of the normalised text: in languages that part words by spaces; a Chinese answer without spaces is one word. */
export function answerWords(text: string): string[] {
  return words(text)
}

function words(text: string): string[] {
  return text
    .toLowerCase()
    .replace(asciiPunctuation, '')
    .replace(articles, ' ')
    .split(whiteSpace)
    .filter((word) => word !== '')
}

/** Python's `string.punctuation`. */
const asciiPunctuation = /[!-/:-@[-`{-~]/g
/** Python's `\b(a|an|the)\b`: its word characters are all letters and numbers and "_", where JavaScript's are ASCII alone. */
const articles = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu
/** Where Python's `str.split` parts: the separators U+001C to U+001F and U+0085 too, U+FEFF not. */
const whiteSpace = /[\t-\r\u001c- \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/

/** Which official script's rules count where a text has no words left after normalisation. */
export type SquadRules = '1.1' | '2.0'

/** 1 if the normalised texts are the same, else 0. */
export function exactMatch(answer: string, prediction: string): number {
  return Number(normalizeAnswer(answer) === normalizeAnswer(prediction))
}

/**
 * F1 of the words that two texts share, each as often as in both. Where a text has no words, it is 1 by the rules of SQuAD 2.0 if
 * neither has any, else 0.
 */
export function wordF1(answer: string, prediction: string, rules: SquadRules = '2.0'): number {
  const expected = answerWords(answer)
  const found = answerWords(prediction)
  if (rules === '2.0' && (expected.length === 0 || found.length === 0)) {
    return Number(expected.length === found.length)
  }
  const left = new Map<string, number>()
  for (const word of expected) left.set(word, (left.get(word) ?? 0) + 1)
  let same = 0
  for (const word of found) {
    const count = left.get(word) ?? 0
    if (count === 0) continue
    left.set(word, count - 1)
    same++
  }
  if (same === 0) return 0
  const precision = same / found.length
  const recall = same / expected.length
  return (2 * precision * recall) / (precision + recall)
}
