import type { TrainingRun } from './training-run.ts'
import { checkVocabSize } from './training-run.ts'
import { UnigramLattice } from './unigram-lattice.ts'
import type { ScoredPieces } from './unigram-seeds.ts'
import { seedPieces } from './unigram-seeds.ts'
import type { WordCounts } from './word-counter.ts'

/** What to learn a Unigram vocabulary with. */
export interface UnigramSettings {
  vocabSize: number
  specialTokens: readonly string[]
  initialAlphabet: Iterable<string>
  shrinkingFactor: number
  subIterations: number
  maxPieceLength: number
  seedSize: number
}

/** A piece that is expected less often is dropped. */
const leastExpected = 0.5

/**
 * Learns pieces and their log probabilities: begins with far too many, fits the probabilities by expectation maximisation
 * (with the digamma of a sparse prior), drops the pieces that cost the least likelihood, and so on until they are few enough.
 *
 * Matches `do_train` of huggingface/tokenizers `models/unigram/trainer.rs`; paper: Kudo 2018, "Subword Regularization",
 * section 3.2. Upstream reads words and characters in the order of a randomly seeded hash table, so that the last digits of
 * its scores, and the scores of characters that EM dropped, differ from run to run; here both are sorted.
 *
 * @returns the pieces without special tokens, best first; fewer than asked for if the words do not have more
 * @throws TokenizerError `VOCAB_SIZE` if special tokens and characters do not fit
 */
export async function learnUnigram(
  words: WordCounts,
  settings: UnigramSettings,
  run: TrainingRun,
): Promise<ScoredPieces> {
  const { vocabSize, specialTokens, shrinkingFactor, subIterations } = settings
  const required = new Set(settings.initialAlphabet)
  for (const word of words.words) for (const character of word) required.add(character)
  checkVocabSize(vocabSize, specialTokens.length, required.size, '')

  const texts = flatten(words)
  let { pieces, scores } = withUnknown(seedPieces(words, settings.maxPieceLength, settings.seedSize))
  const enough = Math.floor((vocabSize * 11) / 10)
  const rounds = Math.max(0, Math.floor(Math.log(enough / pieces.length) / Math.log(shrinkingFactor))) + 1
  let done = 0
  const progress = () => ({ stage: 'estimate', done, total: Math.max(done, rounds * subIterations) }) as const
  run.report(progress())
  for (;;) {
    for (let i = 0; i < subIterations; i++) {
      const expected = new Float64Array(pieces.length)
      const lattice = new UnigramLattice(pieces, scores)
      await forEachWord(texts, run, progress, (start, end, w) => {
        lattice.expect(texts.codePoints, start, end, texts.counts[w], expected)
      })
      ;({ pieces, scores } = maximize(pieces, expected))
      done++
    }
    if (pieces.length <= enough) break
    const lattice = new UnigramLattice(pieces, scores)
    const use = new Float64Array(pieces.length)
    const path: number[] = []
    await forEachWord(texts, run, progress, (start, end, w) => {
      lattice.best(texts.codePoints, start, end, true, path)
      for (const piece of path) use[piece] += texts.counts[w]
    })
    const size = pieces.length
    const keep = prune(pieces, scores, use, lattice, Math.max(enough, Math.floor(size * shrinkingFactor)))
    pieces = keep.map((id) => pieces[id])
    scores = Float64Array.from(keep, (id) => scores[id])
    if (pieces.length === size) break // nothing can be spared
  }
  run.report({ stage: 'estimate', done, total: done })
  return finish(pieces, scores, required, specialTokens, vocabSize)
}

/** All words as code points, one behind the other. */
interface FlatWords {
  codePoints: Int32Array
  ends: Int32Array
  counts: Float64Array
}

function flatten({ words, counts }: WordCounts): FlatWords {
  const codePoints = new Int32Array(words.reduce((sum, word) => sum + word.length, 0))
  const ends = new Int32Array(words.length)
  let at = 0
  for (const [w, word] of words.entries()) {
    for (const character of word) codePoints[at++] = character.codePointAt(0) as number
    ends[w] = at
  }
  return { codePoints, ends, counts }
}

async function forEachWord(
  texts: FlatWords,
  run: TrainingRun,
  progress: Parameters<TrainingRun['step']>[0],
  visit: (start: number, end: number, word: number) => void,
): Promise<void> {
  let start = 0
  for (let w = 0; w < texts.ends.length; w++) {
    visit(start, texts.ends[w], w)
    start = texts.ends[w]
    const pause = (w & 255) === 0 ? run.step(progress) : undefined
    if (pause !== undefined) await pause
  }
}

/** Piece 0 is any unknown character. */
function withUnknown({ pieces, scores }: ScoredPieces): ScoredPieces {
  const all = new Float64Array(scores.length + 1)
  all.set(scores, 1)
  return { pieces: ['', ...pieces], scores: all }
}

/** The M step. */
function maximize(pieces: readonly string[], expected: Float64Array): ScoredPieces {
  const kept: string[] = [pieces[0]]
  const counts: number[] = [0]
  let sum = 0
  for (let i = 1; i < pieces.length; i++) {
    if (expected[i] < leastExpected) continue
    kept.push(pieces[i])
    counts.push(expected[i])
    sum += expected[i]
  }
  const logSum = digamma(sum)
  return { pieces: kept, scores: Float64Array.from(counts, (count, i) => (i === 0 ? 0 : digamma(count) - logSum)) }
}

/**
 * The ids of `size` pieces to keep: those that have no other way to be written, then those whose loss would cost the most
 * likelihood if each took the best way without them.
 */
function prune(
  pieces: readonly string[],
  scores: Float64Array,
  use: Float64Array,
  lattice: UnigramLattice,
  size: number,
): number[] {
  const sum = use.reduce((a, b) => a + b, 0)
  const logSum = Math.log(sum)
  const keep = [0]
  const candidates: { id: number; loss: number }[] = []
  const alternative: number[] = []
  for (let id = 1; id < pieces.length; id++) {
    const codePoints = Int32Array.from(pieces[id], (character) => character.codePointAt(0) as number)
    const score = lattice.best(codePoints, 0, codePoints.length, false, alternative)
    if (alternative.length > 0 && score > scores[id]) {
      // Better written with other pieces, yet the best way of some word holds it.
      if (use[id] > 0) keep.push(id)
    } else if (alternative.length === 0) {
      keep.push(id)
    } else if (use[id] > 0) {
      // Upstream counts all pieces here, where sentencepiece counts those of the alternative (huggingface/tokenizers#2069).
      // Followed, so that vocabularies agree: it favours frequent pieces a little.
      const logSumAfter = Math.log(sum + use[id] * (pieces.length - 1))
      let after = 0
      for (const other of alternative) after += Math.log(use[other] + use[id]) - logSumAfter
      candidates.push({ id, loss: use[id] * (Math.log(use[id]) - logSum - after) })
    }
  }
  candidates.sort((a, b) => b.loss - a.loss || a.id - b.id)
  for (const { id } of candidates) {
    if (keep.length >= size) break
    keep.push(id)
  }
  return keep
}

/** Cuts to size, keeping all characters. */
function finish(
  pieces: readonly string[],
  scores: Float64Array,
  required: ReadonlySet<string>,
  specialTokens: readonly string[],
  vocabSize: number,
): ScoredPieces {
  const scoreOf = new Map<string, number>()
  let least = Number.POSITIVE_INFINITY
  for (let i = 1; i < pieces.length; i++) {
    scoreOf.set(pieces[i], scores[i])
    least = Math.min(least, scores[i])
  }
  const chosen = new Map<string, number>()
  let missing = 0
  for (const character of [...required].sort()) {
    chosen.set(character, scoreOf.get(character) ?? least + 0.0001 * missing++)
  }
  for (const [piece, score] of scoreOf) {
    if (chosen.size >= vocabSize - specialTokens.length) break
    if (!chosen.has(piece)) chosen.set(piece, score)
  }
  for (const token of specialTokens) chosen.delete(token)
  const sorted = [...chosen].sort((a, b) => b[1] - a[1])
  return { pieces: sorted.map(([piece]) => piece), scores: Float64Array.from(sorted, ([, score]) => score) }
}

/** The derivative of log Γ: recurrence up to 7, then its asymptotic series. */
function digamma(x: number): number {
  let result = 0
  while (x < 7) {
    result -= 1 / x
    x += 1
  }
  const half = x - 0.5
  const inverse = 1 / (half * half)
  const series = 1 / 24 + inverse * (-7 / 960 + inverse * (31 / 8064 - (inverse * 127) / 30720))
  return result + Math.log(half) + inverse * series
}
