import { ConfigError } from '../../core/errors.ts'
import { readColumns } from '../../data/node/read-columns.ts'
import type { ExampleScorer } from '../../training/example-scorer.ts'
import { fewestExamples, lengthBuckets, type SliceMetrics, sliceMetrics } from '../../training/slices.ts'
import { formatMetric, shorten, textTable } from '../tables.ts'

/** The slices that need no column. */
const TEXT_LENGTH = 'text-length'

/** What cuts examples into slices: a value of each, and the order to show values in, if they have one. */
interface Slicing {
  values: string[]
  order?: string[]
}

/** Reads what cuts examples into slices. @throws ConfigError for a column that the file does not have */
export async function readSlicings(
  names: readonly string[],
  examples: readonly unknown[],
  file: string,
  { format, textColumn }: { readonly format?: string; readonly textColumn?: string },
): Promise<Map<string, Slicing>> {
  const columns = names.filter((name) => name !== TEXT_LENGTH)
  if (columns.length > 0 && !/\.(csv|tsv|jsonl|ndjson)(\.gz)?$/i.test(file) && format === undefined) {
    throw new ConfigError(
      'NO_COLUMNS',
      `${file}: only csv, tsv and jsonl files have columns to slice by; --slice ${TEXT_LENGTH} is for all files`,
    )
  }
  const cells = columns.length > 0 ? await readColumns(file, columns, { format, textColumn }) : undefined
  return new Map(
    names.map((name) => {
      if (name === TEXT_LENGTH) return [name, lengthBuckets(examples.map(wordCount))]
      const column = cells!.get(name)!
      return [name, { values: examples.map((example) => column.get(rowOf(example)) ?? '(empty)') }]
    }),
  )
}

const rowOf = (example: unknown): number => (example as { source: { row: number } }).source.row

/** Words of all that an example says: texts, or words that are counted already. */
function wordCount(example: unknown): number {
  const { words, choices = [], ...others } = example as Record<string, unknown>
  if (Array.isArray(words)) return words.length
  const texts = [
    ...['text', 'textPair', 'question', 'context'].map((name) => others[name] ?? ''),
    ...(choices as string[]),
  ]
  return texts.join(' ').split(/\s+/).filter(Boolean).length
}

/** Metrics of all slices, by what cut them. */
export function measureSlices(
  slicings: ReadonlyMap<string, Slicing>,
  scorer: ExampleScorer,
  seed: number,
): Record<string, SliceMetrics[]> {
  return Object.fromEntries(
    [...slicings].map(([name, { values, order }]) => [name, sliceMetrics(scorer, values, { seed, order })]),
  )
}

/** A table for each way of cutting, with the first metric. */
export function sliceTables(slices: Readonly<Record<string, readonly SliceMetrics[]>>): string[] {
  return Object.entries(slices).map(([name, rows]) => {
    const [metric] = Object.keys(rows[0]?.metrics ?? {})
    const cells = rows.map(({ value, examples, metrics, tooFew }) => {
      const found = metrics[metric]
      return [
        shorten(value, 40),
        String(examples),
        formatMetric(found.value),
        `${formatMetric(found.low)} – ${formatMetric(found.high)}`,
        tooFew ? `fewer than ${fewestExamples}: too small to tell` : '',
      ]
    })
    return textTable([[name, 'examples', metric, '95 % interval', ''], ...cells], { right: [1, 2] })
  })
}
