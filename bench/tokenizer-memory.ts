/**
 * Memory of a tokenizer with 250,000 pieces, definition included: what the heap and the array buffers grow by, after garbage
 * collection. Run with `node --expose-gc`; prints one JSON object with bytes by kind of model.
 */
import { BertTokenizer, Tokenizer } from '../src/tokenizers/index.ts'
import { createMerges } from '../src/tokenizers/models/index.ts'
import { createVocabulary } from '../src/tokenizers/vocabulary.ts'

const size = 250_000
const collect = (globalThis as { gc?: () => void }).gc
if (!collect) throw new Error('run with node --expose-gc')

/** `count` different words of 1 to 12 letters, as lengths of pieces go. */
function pieces(count: number): string[] {
  const words = new Set<string>()
  for (let i = 0; words.size < count; i++) {
    let state = Math.imul(i + 1, 0x9e3779b1) >>> 0
    const length = 1 + (state % 12)
    let word = ''
    for (let k = 0; k < length; k++) {
      state = (Math.imul(state ^ (state >>> 13), 0x85ebca6b) + k) >>> 0
      word += String.fromCharCode(97 + (state % 26))
    }
    words.add(word)
  }
  return [...words]
}

const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
const makers: Record<string, () => { encode(text: string): unknown }> = {
  WordPiece: () => {
    const words = pieces(size - specials.length)
    return new BertTokenizer({
      vocab: [...specials, ...words.map((word, i) => (i % 3 === 0 ? `##${word}` : word))].slice(0, size),
    })
  },
  BPE: () => {
    const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i))
    const tokens = [...letters]
    const pairs: [string, string][] = []
    for (let i = 0; tokens.length < size; i++) {
      const [left, right] = [tokens[i % tokens.length], letters[(i * 7) % 26]]
      if (left.length > 11) continue
      tokens.push(left + right)
      pairs.push([left, right])
    }
    const vocab = createVocabulary([...new Set(tokens)])
    return new Tokenizer({
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab,
        merges: createMerges(vocab, pairs),
      },
      preTokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    })
  },
  Unigram: () => {
    const vocab = createVocabulary(['<unk>', ...pieces(size - 1)])
    const scores = Float64Array.from({ length: vocab.size }, (_, i) => -Math.log(i + 2))
    return new Tokenizer({
      model: { type: 'Unigram', unk_id: 0, vocab, scores, byte_fallback: false },
      normalizer: { type: 'NFKC' },
      preTokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    })
  },
}

const used = () => {
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
const bytes: Record<string, number> = {}
const kept: unknown[] = [] // so that the next figure does not count what became free
for (const [kind, make] of Object.entries(makers)) {
  const before = used()
  const tokenizer = make()
  for (let i = 0; i < 20_000; i++) tokenizer.encode(`some text number ${i} to fill what is cached`)
  bytes[kind] = used() - before
  kept.push(tokenizer)
}
process.stdout.write(`${JSON.stringify({ bytes, vocabSize: size, tokenizers: kept.length })}\n`)
