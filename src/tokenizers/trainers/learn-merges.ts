import { PairMerger } from './pair-merger.ts'
import type { TrainingRun } from './training-run.ts'
import { checkVocabSize } from './training-run.ts'
import type { WordCounts } from './word-counter.ts'

/** What to learn merges with. */
export interface MergeSettings {
  vocabSize: number
  /** Pairs that come less often are not merged. */
  minFrequency: number
  /** Keep so many different characters. */
  limitAlphabet: number
  /** Characters that are kept before all others, whether they come or not. */
  initialAlphabet: Iterable<string>
  specialTokens: readonly string[]
  /** Put before a piece that is not the first of its word; empty for none. */
  prefix: string
  /** What else helps where the vocabulary is too small, for the message. */
  advice: string
}

/** A vocabulary and how its pieces came about. */
export interface LearntMerges {
  /** In the order of their ids: special tokens, characters, characters inside words, merged pieces. */
  tokens: string[]
  merges: [left: string, right: string][]
}

/**
 * Starts from characters and merges the most frequent neighbours until the vocabulary is full.
 *
 * Matches huggingface/tokenizers `models/bpe/trainer.rs`. Of equally frequent pairs the one with the smaller ids is merged
 * first. With a prefix, upstream numbers the characters inside words in the order of a randomly seeded hash table, so that
 * those ties fall differently from run to run; here they are numbered by code point. So are kept characters of equal
 * frequency at the limit of the alphabet.
 *
 * @throws TokenizerError `VOCAB_SIZE` if the characters do not fit
 */
export async function learnMerges(
  { words, counts }: WordCounts,
  settings: MergeSettings,
  run: TrainingRun,
): Promise<LearntMerges> {
  const { vocabSize, minFrequency, prefix } = settings
  const tokens: string[] = []
  const ids = new Map<string, number>()
  const idOf = (token: string): number => {
    let id = ids.get(token)
    if (id === undefined) {
      id = tokens.length
      ids.set(token, id)
      tokens.push(token)
    }
    return id
  }
  for (const token of settings.specialTokens) idOf(token)
  const special = tokens.length
  const { alphabet, inside } = chooseAlphabet(words, counts, settings)
  const firstIds = new Map<string, number>(alphabet.map((character) => [character, idOf(character)]))
  // A special token of one character counts as a kept character, as upstream.
  for (const token of settings.specialTokens) if ([...token].length === 1) firstIds.set(token, idOf(token))
  let innerIds = firstIds
  if (prefix !== '') {
    const inner = [...firstIds.keys()].filter((character) => inside.has(character)).sort(byCodePoint)
    innerIds = new Map(inner.map((character) => [character, idOf(prefix + character)]))
  }
  checkVocabSize(vocabSize, special, tokens.length - special, settings.advice)

  const symbols = new Int32Array(words.reduce((sum, word) => sum + word.length, 0))
  const wordEnds = new Int32Array(words.length)
  let at = 0
  for (const [w, word] of words.entries()) {
    let known = firstIds
    for (const character of word) {
      // A character that was not kept is left out of its word, as upstream.
      const id = known.get(character)
      if (id !== undefined) symbols[at++] = id
      known = innerIds
    }
    wordEnds[w] = at
  }

  const merger = new PairMerger(symbols, wordEnds, counts)
  // Words that got a pair later are merged later; then, as upstream, the later place in the order counts.
  const merges = new Map<string, [left: string, right: string]>()
  const progress = () => ({ stage: 'merge', done: tokens.length, total: vocabSize }) as const
  run.report(progress())
  while (tokens.length < vocabSize) {
    const best = merger.next(minFrequency)
    if (best === undefined) break
    const left = tokens[best.left]
    const right = tokens[best.right]
    const token = left + (prefix !== '' && right.startsWith(prefix) ? right.slice(prefix.length) : right)
    merger.merge(best.left, best.right, idOf(token), best.words)
    const key = `${best.left} ${best.right}`
    merges.delete(key)
    merges.set(key, [left, right])
    const pause = run.step(progress)
    if (pause !== undefined) await pause
  }
  run.report(progress())
  return { tokens, merges: [...merges.values()] }
}

/** The most frequent characters, sorted, and the set of those that come inside a word. */
function chooseAlphabet(
  words: readonly string[],
  counts: Float64Array,
  settings: MergeSettings,
): { alphabet: string[]; inside: ReadonlySet<string> } {
  const frequencies = new Map<string, number>()
  const inside = new Set<string>()
  for (const [w, word] of words.entries()) {
    let first = true
    for (const character of word) {
      frequencies.set(character, (frequencies.get(character) ?? 0) + counts[w])
      if (!first) inside.add(character)
      first = false
    }
  }
  for (const character of settings.initialAlphabet) frequencies.set(character, Number.POSITIVE_INFINITY)
  const alphabet = [...frequencies]
    .sort((a, b) => (a[1] === b[1] ? byCodePoint(a[0], b[0]) : b[1] - a[1]))
    .slice(0, settings.limitAlphabet)
    .map(([character]) => character)
    .sort(byCodePoint)
  return { alphabet, inside }
}

function byCodePoint(a: string, b: string): number {
  return (a.codePointAt(0) as number) - (b.codePointAt(0) as number)
}
