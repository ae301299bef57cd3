import { TokenizerError } from '../../core/errors.ts'
import type { SpecialTokens } from '../bert-tokenizer.ts'
import { BertTokenizer, bertSpecialTokens } from '../bert-tokenizer.ts'
import { PairMerger } from './pair-merger.ts'
import { WordCounter } from './word-counter.ts'

const prefix = '##'

/** How far `trainWordPiece` is. */
export interface WordPieceProgress {
  stage: 'count' | 'merge'
  /** Texts read so far, or tokens in the vocabulary so far. */
  done: number
  /** Tokens that the vocabulary is to have; undefined while texts are counted. */
  total: number | undefined
}

/** How to train a vocabulary. */
export interface WordPieceTrainerOptions {
  /** Tokens, special tokens included; fewer if the texts do not have more. Default 30522. */
  vocabSize?: number
  /** Pieces that come less often are not made. Default 2, as Hugging Face's BertWordPieceTokenizer. */
  minFrequency?: number
  /** Keep so many different characters, the most frequent ones. Default 1000. */
  limitAlphabet?: number
  /** Default true. */
  lowercase?: boolean
  /** Default null: as `lowercase`. */
  stripAccents?: boolean | null
  /** Default true. */
  handleChineseChars?: boolean
  /** First in the vocabulary. Must hold the five of BERT. Default [PAD], [UNK], [CLS], [SEP], [MASK]. */
  specialTokens?: readonly string[]
  /** The longest input of the model to come, in tokens. Default: not known. */
  maxLength?: number
  /** Called now and then. */
  onProgress?: (progress: WordPieceProgress) => void
  /** Ends the training with the signal's reason. */
  signal?: AbortSignal
}

/**
 * Learns a WordPiece vocabulary from texts: starts from characters and merges the most frequent neighbours until the
 * vocabulary is full. The same texts and settings always give the same vocabulary.
 *
 * Matches huggingface/tokenizers `models/wordpiece/trainer.rs`. That one breaks ties between equally frequent pairs by the
 * ids of their characters, and numbers `##` characters in the order of a randomly seeded hash table, so that its result
 * differs from run to run; here they are numbered by code point, and so are kept characters of equal frequency.
 *
 * @throws TokenizerError if a setting cannot be used, or a special token is missing; the reason of `signal` once it aborts
 */
export async function trainWordPiece(
  texts: Iterable<string> | AsyncIterable<string>,
  options: WordPieceTrainerOptions = {},
): Promise<BertTokenizer> {
  const { vocabSize = 30522, minFrequency = 2, limitAlphabet = 1000, lowercase = true, stripAccents = null } = options
  const { handleChineseChars = true, specialTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] } = options
  const { onProgress, signal, maxLength } = options
  checkCount('vocabSize', vocabSize, 1)
  checkCount('minFrequency', minFrequency, 0)
  checkCount('limitAlphabet', limitAlphabet, 0)
  checkSpecialTokens(specialTokens)
  const pause = createPause(signal)

  const counter = new WordCounter()
  let read = 0
  for await (const text of texts) {
    counter.add(text)
    read++
    if (await pause()) onProgress?.({ stage: 'count', done: read, total: undefined })
  }
  const words = counter.words({
    cleanText: true,
    handleChineseChars,
    stripAccents: stripAccents ?? lowercase,
    lowercase,
  })

  const vocab = new Map<string, number>()
  const tokenAt: string[] = []
  const idOf = (token: string): number => {
    let id = vocab.get(token)
    if (id === undefined) {
      id = tokenAt.length
      vocab.set(token, id)
      tokenAt.push(token)
    }
    return id
  }
  for (const token of specialTokens) idOf(token)
  const { alphabet, continuing } = chooseAlphabet(words, limitAlphabet)
  for (const character of alphabet) idOf(character)
  for (const character of continuing) idOf(prefix + character)

  const kept = new Set(alphabet)
  // A character that was not kept is left out of its word, as in the reference.
  const symbols = Array.from(words.keys(), (word) => {
    const ids: number[] = []
    let first = true
    for (const character of word) {
      if (kept.has(character) || vocab.has(character)) ids.push(idOf(first ? character : prefix + character))
      first = false
    }
    return ids
  })
  const merger = new PairMerger(symbols, [...words.values()])
  while (tokenAt.length < vocabSize) {
    const best = merger.next(minFrequency)
    if (best === undefined) break
    const right = tokenAt[best.right]
    const token = tokenAt[best.left] + (right.startsWith(prefix) ? right.slice(prefix.length) : right)
    merger.merge(best.left, best.right, idOf(token), best.words)
    if (await pause()) onProgress?.({ stage: 'merge', done: tokenAt.length, total: vocabSize })
  }
  onProgress?.({ stage: 'merge', done: tokenAt.length, total: vocabSize })
  return new BertTokenizer({
    vocab: tokenAt,
    lowercase,
    stripAccents,
    handleChineseChars,
    maxLength,
    addedTokens: specialTokens.map((content) => ({
      content,
      id: vocab.get(content) as number,
      special: true,
      normalized: false,
      singleWord: false,
      lstrip: false,
      rstrip: false,
    })),
  })
}

/** The most frequent characters, and those of them that come inside a word, both in the order of their code points. */
function chooseAlphabet(
  words: ReadonlyMap<string, number>,
  limit: number,
): { alphabet: string[]; continuing: string[] } {
  const counts = new Map<string, number>()
  const inside = new Set<string>()
  for (const [word, count] of words) {
    let first = true
    for (const character of word) {
      counts.set(character, (counts.get(character) ?? 0) + count)
      if (!first) inside.add(character)
      first = false
    }
  }
  const byCodePoint = (a: string, b: string) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number)
  const alphabet = [...counts.entries()]
    .sort((a, b) => b[1] - a[1] || byCodePoint(a[0], b[0]))
    .slice(0, limit)
    .map(([character]) => character)
    .sort(byCodePoint)
  return { alphabet, continuing: alphabet.filter((character) => inside.has(character)) }
}

/** Lets other work run about ten times a second, and then returns true. */
function createPause(signal: AbortSignal | undefined): () => Promise<boolean> | boolean {
  let last = performance.now()
  return () => {
    signal?.throwIfAborted()
    if (performance.now() - last < 100) return false
    return new Promise((resolve) =>
      setTimeout(() => {
        last = performance.now()
        resolve(true)
      }, 0),
    )
  }
}

function checkCount(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new TokenizerError('SETTING', `${name} is ${value}: expected a whole number of ${least} or more.`)
  }
}

function checkSpecialTokens(tokens: readonly string[]): void {
  for (const role of Object.keys(bertSpecialTokens) as (keyof SpecialTokens)[]) {
    if (!tokens.includes(bertSpecialTokens[role])) {
      throw new TokenizerError(
        'MISSING_SPECIAL_TOKEN',
        `specialTokens lacks ${bertSpecialTokens[role]}: expected ${Object.values(bertSpecialTokens).join(', ')} and any others.`,
      )
    }
  }
}
