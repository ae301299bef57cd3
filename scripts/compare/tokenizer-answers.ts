/**
 * Compares tokenizers with Hugging Face's on all texts of a data folder, and prints the differences of each family:
 * `python scripts/compare/tokenizer_answers.py DATA SCRATCH | npx tsx scripts/compare/tokenizer-answers.ts` (most of an hour; thinned by 40, two minutes).
 */
import { readFileSync } from 'node:fs'
import {
  createTokenizer,
  type EncodeOptions,
  type Encoding,
  parseTokenizerJson,
  Tokenizer,
} from '../../src/tokenizers/index.ts'

type Text = string | string[]
type Request =
  | { family: string; file: string }
  | { kind: string; text: Text; pair?: Text }
  | { kind: string; windows: Text; pair: Text | null; options: EncodeOptions; adjusted?: boolean }
  | { kind: string; batch: (string | [string, string])[]; options: EncodeOptions }

interface Count {
  cases: number
  tokens: number
  differences: number
}

const shown = 3
let tokenizers: [name: string, tokenizer: Tokenizer][] = []
let counts = new Map<string, Count>()
let all = 0
let cases = 0
let adjusted = 0

function answer(encoding: Encoding): unknown[] {
  return [
    Array.from(encoding.ids),
    encoding.codePointOffsets.flat(),
    Array.from(encoding.typeIds),
    Array.from(encoding.attentionMask),
    Array.from(encoding.specialTokensMask),
    encoding.wordIds,
    encoding.sequenceIds,
  ]
}

/** The answer in the form of tokenizer_answers.py, and how many tokens it has; null where it throws. */
function respond(tokenizer: Tokenizer, request: Exclude<Request, { family: string }>): [unknown, number] {
  if ('batch' in request) {
    const made = tokenizer.encodeBatch(request.batch, request.options)
    return [made.map(answer), made.reduce((sum, { length }) => sum + length, 0)]
  }
  if ('windows' in request) {
    let made: Encoding
    try {
      made = tokenizer.encode(request.windows, { ...request.options, textPair: request.pair ?? undefined })
    } catch {
      return [null, 0]
    }
    const list = [made, ...made.overflowing]
    return [list.map(answer), list.reduce((sum, { length }) => sum + length, 0)]
  }
  const made = tokenizer.encode(request.text, { textPair: request.pair })
  const decoded = [true, false].map((skipSpecialTokens) => tokenizer.decode(made.ids, { skipSpecialTokens }))
  return [[answer(made), decoded], made.length]
}

/** Where two values of JSON differ first, and what is there. */
function firstDifference(ours: unknown, theirs: unknown, path = ''): string {
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    const length = Math.max(ours.length, theirs.length)
    for (let i = 0; i < length; i++) {
      if (JSON.stringify(ours[i]) !== JSON.stringify(theirs[i])) {
        return firstDifference(ours[i], theirs[i], `${path}[${i}]`)
      }
    }
  }
  const short = (value: unknown) => (JSON.stringify(value) ?? 'nothing').slice(0, 120)
  return `${path}: ${short(ours)}, Hugging Face ${short(theirs)}`
}

function report(): void {
  const total: Count = { cases: 0, tokens: 0, differences: 0 }
  for (const [kind, { cases, tokens, differences }] of counts) {
    console.log(`  ${kind.padEnd(44)}${cases} cases, ${tokens} tokens, ${differences} differences`)
    total.cases += cases
    total.tokens += tokens
    total.differences += differences
  }
  if (counts.size > 0) {
    console.log(`  ${'all'.padEnd(44)}${total.cases} cases, ${total.tokens} tokens, ${total.differences} differences`)
  }
  all += total.differences
  cases += total.cases
}

function start(family: string, file: string): void {
  report()
  counts = new Map()
  const definition = parseTokenizerJson(readFileSync(file, 'utf8'), file)
  const tokenizer = createTokenizer(definition)
  tokenizers = [['', tokenizer]]
  // BERT's own, faster way and the way through the parts.
  if (tokenizer.constructor !== Tokenizer) tokenizers.push([', by its parts', new Tokenizer(definition)])
  console.log(family)
}

/** Lines end at line feeds only; readline also ends them at U+2028. */
async function* inputLines(): AsyncGenerator<string> {
  let rest = ''
  for await (const piece of process.stdin.setEncoding('utf8')) {
    const lines = `${rest}${piece}`.split('\n')
    rest = lines.pop() as string
    yield* lines
  }
}

let request: Request | undefined
for await (const line of inputLines()) {
  if (request === undefined) {
    request = JSON.parse(line) as Request
    continue
  }
  if ('family' in request) {
    start(request.family, request.file)
  } else {
    if ('adjusted' in request) adjusted++
    for (const [name, tokenizer] of tokenizers) {
      const key = request.kind + name
      const count = counts.get(key) ?? { cases: 0, tokens: 0, differences: 0 }
      counts.set(key, count)
      const [ours, tokens] = respond(tokenizer, request)
      count.cases++
      count.tokens += tokens
      if (JSON.stringify(ours) === line) continue
      count.differences++
      if (count.differences <= shown) {
        console.log(
          `  ${key}: ${firstDifference(ours, JSON.parse(line))}\n    ${JSON.stringify(request).slice(0, 300)}`,
        )
      }
    }
  }
  request = undefined
}
report()
console.log(`${all} differences in ${cases} cases`)
console.log(`${adjusted} answers were adjusted, see tokenizer_answers.py`)
process.exitCode = all > 0 || cases === 0 ? 1 : 0
