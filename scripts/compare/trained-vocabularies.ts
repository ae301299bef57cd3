/**
 * Compares what our trainers learn with what trained_vocabularies.py wrote: `npx tsx scripts/compare/trained-vocabularies.ts
 * DATA SCRATCH`. Merges and pieces are compared one by one; of Unigram also the loss on held-out text (WikiText-2's test part),
 * in nats a character.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createTokenizer,
  formatTokenizerJson,
  parseTokenizerJson,
  type Tokenizer,
  trainBpe,
  trainUnigram,
  trainWordPiece,
} from '../../src/tokenizers/index.ts'

const [data, scratch] = process.argv.slice(2)
const linesOf = (file: string) => readFileSync(file, 'utf8').split('\n')
const corpus = join(data, 'corpus')
const files = readdirSync(corpus)
  .filter((name) => name.endsWith('.txt'))
  .sort()
const texts = files.flatMap((name) => linesOf(join(corpus, name)))
const heldOut = linesOf(join(data, 'wikitext2', 'test.txt'))
const trainers = { wordpiece: trainWordPiece, bpe: trainBpe, unigram: trainUnigram }

interface Trained {
  model: { vocab: Record<string, number> | [piece: string, score: number][]; merges?: unknown[] }
}

const piecesOf = ({ model: { vocab } }: Trained): string[] =>
  Array.isArray(vocab)
    ? vocab.map(([piece]) => piece)
    : Object.entries(vocab)
        .sort(([, a], [, b]) => a - b)
        .map(([piece]) => piece)

/** Pieces of one that the other lacks, merges at other places, and pieces with other ids. */
function differences(a: Trained, b: Trained): string {
  const [left, right] = [piecesOf(a), piecesOf(b)]
  const known = new Set(right)
  const missing = left.filter((piece) => !known.has(piece)).length
  const moved = left.filter((piece, id) => right[id] !== piece).length
  const merges = JSON.stringify(a.model.merges) === JSON.stringify(b.model.merges)
  const sizes = left.length === right.length ? `${left.length} pieces` : `${left.length} and ${right.length} pieces`
  return `${sizes}, ${missing} different, ${moved} with another id${a.model.merges ? `, merges ${merges ? 'the same' : 'not the same'}` : ''}`
}

/** Nats a character of the best way to cut the held-out texts. */
function loss(tokenizer: Tokenizer, { model: { vocab } }: Trained): number {
  const scores = (vocab as [string, number][]).map(([, score]) => score)
  const unknown = Math.min(...scores) - 10
  let sum = 0
  let characters = 0
  for (const text of heldOut) {
    for (const id of tokenizer.encode(text, { addSpecialTokens: false }).ids) sum -= id < 5 ? unknown : scores[id]
    characters += text.length
  }
  return sum / characters
}

for (const name of readdirSync(join(scratch, 'trained')).filter((name) => name.endsWith('.json'))) {
  const [family, settings, theirs, again] = JSON.parse(readFileSync(join(scratch, 'trained', name), 'utf8'))
  const tokenizer = await trainers[family as keyof typeof trainers](texts, settings)
  const ours: Trained = JSON.parse(formatTokenizerJson(tokenizer))
  console.log(
    `${name.replace('.json', '')}: ${differences(ours, theirs)}; Hugging Face's two trainings: ${differences(theirs, again)}`,
  )
  if (family !== 'unigram') continue
  const reference = createTokenizer(parseTokenizerJson(JSON.stringify(theirs), name))
  const [a, b] = [loss(tokenizer, ours), loss(reference, theirs)]
  console.log(
    `  loss on held-out text ${a.toFixed(8)}, Hugging Face ${b.toFixed(8)} nats a character (${((a / b - 1) * 100).toFixed(5)} %)`,
  )
}
