/** Results as text for a terminal and as Markdown for the documentation. */
import type { ProfileSummary, ShareRow } from './profile.ts'
import type { BenchResult, StepResult, TfjsResult, TokenizersResult } from './results.ts'
import { type Summary, sum } from './statistics.ts'
import { type Cell, markdownTable, textTable } from './table.ts'

type Table = (header: Cell[], rows: Cell[][]) => string

export const renderText = (result: BenchResult): string => render(result, textTable, (text) => `${text}\n`)

export const renderMarkdown = (result: BenchResult): string => render(result, markdownTable, (text) => `### ${text}\n`)

function render(result: BenchResult, table: Table, heading: (text: string) => string): string {
  return [heading(title(result)), ...conditions(result), ...sections(result, table)].join('\n')
}

function sections(result: BenchResult, table: Table): string[] {
  if (result.case === 'tfjs') return tfjsSections(result, table)
  return result.case === 'tokenizers' ? tokenizersSections(result, table) : stepSections(result, table)
}

function title({ case: name, settings, quick }: BenchResult): string {
  if (name === 'tokenizers') return 'tokenizers: BERT uncased'
  const what = {
    dense: `training step, ${settings.batchSize} x 128 tokens`,
    sst2: `training step, batches of ${settings.batchSize} sentences of SST-2's lengths`,
    'mlm-mini': `pre-training step (masked tokens), ${settings.batchSize} x 128 tokens`,
    'mlm-base': `pre-training step (masked tokens), ${settings.batchSize} x 128 tokens`,
    tfjs: `matrix products of a training step, ${settings.batchSize} x 128 tokens, against TensorFlow.js`,
  }[name]
  const [size, layers] = name === 'mlm-mini' ? ['mini', 4] : ['base', 12]
  return `${name}: BERT-${size}${settings.layers === layers ? '' : ` with ${settings.layers} layers`}, ${what}${quick ? ' (quick check, no measurement)' : ''}`
}

function conditions({ date, machine, settings }: BenchResult): string[] {
  const { cpu, processors, memoryBytes, platform, node, loadAverage } = machine
  return [
    `${date.slice(0, 10)}, ${cpu}, ${processors} processors, ${gib(memoryBytes)}, ${platform}, Node ${node}; load before: ${loadAverage.toFixed(1)}.`,
    `${settings.threads} threads, ${settings.warmup} warm-up and ${settings.rounds} counted rounds.`,
  ]
}

function stepSections(result: StepResult, table: Table): string[] {
  const { sides, ratios, batches, source, notFound, missing, warnings, profile } = result
  const rows = sides.map(({ name, seconds, tokensPerSecond, peakBytes, parameters, firstLoss }) => {
    const ratio = ratios.find(({ side }) => side === name)
    return [
      name,
      ...[seconds.median, seconds.min, seconds.max, seconds.iqr].map((value) => value.toFixed(2)),
      ratio ? ratioText(ratio.times) : '1',
      tokensPerSecond.toFixed(0),
      gib(peakBytes),
      `${parameters}`,
      firstLoss.toFixed(3),
    ]
  })
  const tokens = batches.map((batch) => batch.tokens)
  const cells = batches.map(({ batch, longest }) => batch * longest)
  const masked = sum(batches.map((batch) => batch.masked ?? 0))
  return [
    `Batches: ${source}; ${sum(tokens)} tokens in ${batches.length} batches, ${sum(cells)} when padded to the longest${masked > 0 ? `; ${masked} to be predicted` : ''}.`,
    ...sides.map(({ name, versions }) => `${name}: ${versionText(versions)}.`),
    ...(notFound ? [`Not found: ${notFound}.`] : []),
    ...(missing ? [`PyTorch did not run: ${missing}.`] : []),
    ...warnings.map((warning) => `WARNING: ${warning}.`),
    '',
    table(
      [
        'side',
        'median s',
        'min',
        'max',
        'IQR',
        'times bertsmith (range)',
        'tokens/s',
        'peak memory',
        'parameters',
        'first loss',
      ],
      rows,
    ),
    'Times bertsmith: the time of a side by that of bertsmith on the same batch, median over rounds; above 1, bertsmith is faster.',
    '',
    ...profileSections(profile, table),
  ]
}

function profileSections(profile: ProfileSummary, table: Table): string[] {
  const { stepSeconds, graphSeconds, productSeconds, productOperations, ops, parts, products, unmatched } = profile
  const bareSeconds = sum(products.map((row) => row.bareSeconds))
  const outside: ShareRow = { name: 'outside the graph', seconds: stepSeconds - graphSeconds }
  const shares = (rows: readonly ShareRow[]) =>
    [...rows, outside].map(({ name, seconds }) => [name, milliseconds(seconds), percent(seconds / stepSeconds)])
  const largest = products.slice(0, 9)
  return [
    `Where bertsmith's step goes (a profiled run of its own, step ${stepSeconds.toFixed(2)} s): matrix products take ` +
      `${percent(productSeconds / stepSeconds)} of the step and ${percent(productSeconds / graphSeconds)} of the graph's time, ` +
      `at ${gflops(productOperations, productSeconds)} GFLOP/s; the same products alone reach ` +
      `${gflops(productOperations, bareSeconds)} GFLOP/s: ${percent(bareSeconds / productSeconds)} of a bare Gemm.`,
    ...(unmatched.length > 0 ? [`WARNING: products that do not match the graph: ${unmatched.join(', ')}.`] : []),
    '',
    table(['part', 'ms', 'of the step'], shares(parts)),
    table(['operator', 'ms', 'of the step'], shares(ops.slice(0, 12))),
    table(
      ['products (the most work first)', 'count', 'GFLOP', 'ms in the step', 'GFLOP/s', 'bare GFLOP/s', 'of bare'],
      largest.map((row) => [
        row.product,
        `${row.count}`,
        ((row.operations * row.count) / 1e9).toFixed(1),
        milliseconds(row.stepSeconds),
        gflops(row.operations * row.count, row.stepSeconds),
        gflops(row.operations * row.count, row.bareSeconds),
        percent(row.bareSeconds / row.stepSeconds),
      ]),
    ),
  ]
}

function tfjsSections({ versions, tfjsThreads, products, total, settings }: TfjsResult, table: Table): string[] {
  const row = (name: string, count: number, work: number, seconds: (number | undefined)[]) => [
    name,
    `${count}`,
    ...seconds.map((value) => (value === undefined ? '' : `${milliseconds(value)} (${gflops(work, value)})`)),
  ]
  const rows = products.map((p) =>
    row(p.product, p.count, p.operations, [p.bertsmith, p.bertsmithOneThread, p.tfjs, p.tfjsTransposed]),
  )
  const all = [total.bertsmithSeconds, total.bertsmithOneThreadSeconds, total.tfjsSeconds, total.tfjsTransposedSeconds]
  const count = settings.layers * sum(products.map((p) => p.count))
  const work = settings.layers * sum(products.map((p) => p.count * p.operations))
  const times = (seconds: number, base: number) => (seconds / base).toFixed(1)
  return [
    `${versionText(versions)}; TensorFlow.js: ${tfjsThreads} thread.`,
    '',
    table(
      [
        'product',
        'count',
        `bertsmith, ${settings.threads} threads`,
        'bertsmith, 1 thread',
        'TensorFlow.js, nothing transposed',
        'TensorFlow.js, as it trains',
      ],
      [...rows, row(`all ${settings.layers} layers`, count, work, all)],
    ),
    'Milliseconds (GFLOP/s). Count: products of that shape in one layer, forward and backward.',
    `TensorFlow.js takes ${times(total.tfjsSeconds, total.bertsmithSeconds)} times as long where nothing has to be transposed ` +
      `(${times(total.tfjsSeconds, total.bertsmithOneThreadSeconds)} times bertsmith's single thread), and ` +
      `${times(total.tfjsTransposedSeconds, total.bertsmithSeconds)} times with the transposed operands of its own gradients.`,
    'This leaves out everything else that favours bertsmith: fused operators, batches without padding, the optimiser, and that TensorFlow.js cannot differentiate all of attention.',
  ]
}

function tokenizersSections({ versions, texts, characters, tasks, memory }: TokenizersResult, table: Table): string[] {
  return [
    `${versionText(versions)}. WikiText-2, valid and test: ${texts} lines, ${characters} characters.`,
    ...tasks.flatMap(({ task, amount, sides, ratios }) => [
      '',
      `${task}: ${amount}`,
      table(
        ['side', 'median s', 'min', 'max', 'times bertsmith (range)'],
        sides.map(({ name, seconds }) => [
          name,
          ...[seconds.median, seconds.min, seconds.max].map((value) => value.toFixed(3)),
          ...ratios.filter(({ side }) => side === name).map(({ times }) => ratioText(times)),
          ...(ratios.some(({ side }) => side === name) ? [] : ['1']),
        ]),
      ),
    ]),
    `Memory of a tokenizer with ${memory.vocabSize} pieces, used on 20,000 texts: ${Object.entries(memory.bytes)
      .map(([kind, bytes]) => `${kind} ${(bytes / 1e6).toFixed(1)} MB`)
      .join(', ')}.`,
    'Libraries take turns, all in one process and on one thread, but for the training, which has a process each.',
  ]
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`
const milliseconds = (seconds: number) => (1000 * seconds).toFixed(seconds < 0.01 ? 2 : 1)
const gflops = (work: number, seconds: number) => (work / seconds / 1e9).toFixed(1)
const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`
const ratioText = ({ median, min, max }: Summary) => `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`
const versionText = (versions: Record<string, string>) =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
