/** `npm run bench`: measures bertsmith's training step against PyTorch and TensorFlow.js, and its tokenizer against
 * Hugging Face's. See docs/benchmarks.md. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { count } from './flags.ts'
import { machine } from './machine.ts'
import { renderMarkdown, renderText } from './report.ts'
import { type BenchResult, type CaseName, caseGroups, caseNames, type Settings } from './results.ts'
import { inThisFolder, SideError } from './side.ts'
import { type RunContext, runStepCase } from './step-case.ts'
import { runTfjsCase } from './tfjs-case.ts'
import { runTokenizersCase } from './tokenizers-case.ts'

const help = `npm run bench -- [flags]

  --case NAMES      of dense, sst2, mlm-mini, mlm-base (mlm: both), tfjs, tokenizers, with commas between (default: all)
  --threads N       threads of each side (default 2; TensorFlow.js has one in Node)
  --rounds N        counted rounds (default 5)
  --warmup N        rounds before them (default 1)
  --python FILE     interpreter with torch and transformers (default: BERTSMITH_PYTHON, or python3)
  --data DIR        folder with sst2/train.tsv, wikitext2 and bert-base-uncased/vocab.txt (default: ../shared/data by the
                    checkout)
  --layers N        fewer layers, for a quick check (default 12; mlm-mini: 4)
  --batch-size N    fewer sequences, for a quick check (default 32)
  --json            print JSON alone
  --markdown        measure nothing: print the newest full result of each case in bench/results for docs/benchmarks.md
  --help            this text
`

const results = inThisFolder('results')
const full = { layers: 12, batchSize: 32 }
const fullLayers = (name: CaseName) => (name === 'mlm-mini' ? 4 : full.layers)

/** Returns the exit status. */
async function main(signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({
    options: {
      case: { type: 'string', default: caseNames.join() },
      threads: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '5' },
      warmup: { type: 'string', default: '1' },
      python: { type: 'string', default: process.env.BERTSMITH_PYTHON || 'python3' },
      data: { type: 'string', default: inThisFolder('../../shared/data') },
      layers: { type: 'string', default: `${full.layers}` },
      'batch-size': { type: 'string', default: `${full.batchSize}` },
      json: { type: 'boolean', default: false },
      markdown: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const cases = values.case.split(',').flatMap(casesOf)
  if (values.markdown) return printMarkdown(cases)
  const context: RunContext = {
    settings: {
      layers: count('--layers', values.layers, 1),
      batchSize: count('--batch-size', values['batch-size'], 1),
      threads: count('--threads', values.threads, 1),
      warmup: count('--warmup', values.warmup, 0),
      rounds: count('--rounds', values.rounds, 1),
    },
    python: values.python,
    data: resolve(values.data),
    note: (text) => process.stderr.write(`${text}\n`),
    signal,
  }
  const measured: BenchResult[] = []
  let failures = 0
  for (const name of cases) {
    try {
      const result = await runCase(name, context)
      measured.push(result)
      if (!values.json) process.stdout.write(`\n${renderText(result)}\n`)
    } catch (error) {
      if (signal.aborted) break
      failures++
      context.note(`${name} failed: ${describe(error)}`)
    }
  }
  if (values.json && !signal.aborted) process.stdout.write(`${JSON.stringify(measured, null, 2)}\n`)
  return signal.aborted ? 130 : failures > 0 ? 1 : 0
}

/** Measures one case and stores its result. */
async function runCase(name: CaseName, context: RunContext): Promise<BenchResult> {
  const settings: Settings = { ...context.settings, layers: Math.min(context.settings.layers, fullLayers(name)) }
  const about = {
    date: new Date().toISOString(),
    quick: settings.layers !== fullLayers(name) || settings.batchSize !== full.batchSize,
    machine: machine(),
    settings,
  }
  const ending = new AbortController() // ends the other sides when one has failed
  const inCase = { ...context, settings, signal: AbortSignal.any([context.signal, ending.signal]) }
  let result: BenchResult
  try {
    result = { ...about, ...(await measure(name, inCase)) }
  } finally {
    ending.abort()
  }
  await mkdir(results, { recursive: true })
  const file = join(results, `${name}-${about.date.slice(0, 19).replaceAll(':', '-')}.json`)
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`)
  context.note(`${name}: written to ${file}`)
  return result
}

function measure(name: CaseName, context: RunContext) {
  if (name === 'tfjs') return runTfjsCase(context)
  return name === 'tokenizers' ? runTokenizersCase(context) : runStepCase(name, context)
}

/** Prints the newest full result of each case. */
async function printMarkdown(cases: readonly CaseName[]): Promise<number> {
  const files = (await readdir(results).catch(() => [])).filter((file) => file.endsWith('.json')).sort()
  let missing = 0
  for (const name of cases) {
    let newest: BenchResult | undefined
    for (const file of files.filter((file) => file.startsWith(`${name}-`))) {
      const result = JSON.parse(await readFile(join(results, file), 'utf8')) as BenchResult
      if (!result.quick) newest = result
    }
    if (newest) {
      process.stdout.write(`${renderMarkdown(newest)}\n`)
    } else {
      missing++
      process.stderr.write(`bench/results has no full result of "${name}": run npm run bench -- --case ${name} first\n`)
    }
  }
  return missing > 0 ? 1 : 0
}

function casesOf(text: string): readonly CaseName[] {
  const trimmed = text.trim()
  if (Object.hasOwn(caseGroups, trimmed)) return caseGroups[trimmed]
  const name = caseNames.find((known) => known === trimmed)
  if (!name) {
    const known = [...caseNames, ...Object.keys(caseGroups)]
    throw new Error(`there is no case "${text}"; there are ${known.join(', ')}`)
  }
  return [name]
}

/** What a side said, or where this program went wrong. */
function describe(error: unknown): string {
  if (error instanceof SideError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ending.abort())
try {
  process.exitCode = await main(ending.signal)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\nnpm run bench -- --help lists the flags\n`)
  process.exitCode = 2
}
