import { type FileHandle, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { streamFileAtomic } from '../../checkpoints/node/files.ts'
import { ConfigError } from '../../core/errors.ts'
import { type ReadOptions, readExamples } from '../../data/node.ts'
import type { TextClassification, TextInput } from '../../pipelines/text-classification.ts'
import { loadClassifier } from '../classifier.ts'
import { type CommandContext, defineCommand } from '../command.ts'
import { checkOutputFile, dataFlags, maxLengthFlag, readOptions } from '../inputs.ts'
import { createProgress } from '../progress.ts'
import { shorten, textTable } from '../tables.ts'

/** Texts that are read, run and written together. */
const sliceSize = 1024

export const predict = defineCommand({
  name: 'predict',
  summary: 'Use a model on texts: label and probabilities of each',
  example: `bertsmith predict --model out/spam "You have won a prize" "See you at lunch"
bertsmith predict --model out/spam --input mails.csv --output labels.jsonl`,
  positionals: { name: 'TEXT…', description: 'texts, in quotes', many: true },
  flags: {
    model: { type: 'string', required: true, value: 'DIR', description: 'Folder of a trained model' },
    input: { type: 'string', value: 'FILE', description: 'Texts: txt with one a line, or a column of csv, tsv, jsonl' },
    output: { type: 'string', value: 'FILE', description: 'Write predictions to a .jsonl or .csv file' },
    'batch-size': { type: 'number', description: 'Texts a batch (default 32)' },
    'max-length': maxLengthFlag,
    'text-column': dataFlags['text-column'],
    'text-pair-column': dataFlags['text-pair-column'],
    format: dataFlags.format,
  },
  async run(values, texts, context) {
    const { input, output, batchSize = 32 } = values
    if (texts.length > 0 === (input !== undefined)) {
      throw new ConfigError('TEXTS', 'give texts as arguments or a file with --input FILE, one of the two')
    }
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new ConfigError('FLAG_VALUE', `--batch-size must be a whole number of at least 1, not ${batchSize}`)
    const write = output === undefined ? undefined : rowWriter(output)
    if (output !== undefined) await checkOutputFile(output)
    const slices = input === undefined ? [texts] : await startReading(readSlices(input, readOptions(values)))
    const { classify, labels } = await loadClassifier(values)
    const predictions: TextClassification[] = []
    const run = async (emit: (slice: TextClassification[]) => Promise<void> | void) => {
      const bar = { stream: context.stderr, label: 'Predicting', unit: 'texts' }
      const progress = input === undefined ? undefined : createProgress(bar)
      let done = 0
      for await (const slice of slices) {
        const before = done
        const onProgress = (count: number) => progress?.update(before + count)
        await emit(await classify(slice, { batchSize, onProgress }))
        done += slice.length
      }
      progress?.finish()
      return done
    }
    try {
      if (output === undefined) await run((slice) => void predictions.push(...slice))
      else {
        await mkdir(dirname(output), { recursive: true })
        let rows = 0
        await streamFileAtomic(output, async (file) => {
          const begin = write!.begin(labels)
          if (begin) await file.write(begin)
          rows = await run(async (slice) => {
            await writeRows(file, slice, write!.row)
            if (context.json) predictions.push(...slice)
          })
        })
        context.print(`${output}: ${rows} predictions`)
      }
    } finally {
      await classify.close()
    }
    if (output === undefined) printPredictions(predictions, context)
    return { predictions }
  },
})

async function* readSlices(file: string, options: ReadOptions): AsyncGenerator<TextInput[]> {
  let slice: TextInput[] = []
  for await (const { text, textPair } of readExamples(file, options)) {
    slice.push({ text, textPair })
    if (slice.length === sliceSize) {
      yield slice
      slice = []
    }
  }
  if (slice.length > 0) yield slice
}

/** Reads the first slice now, so that a wrong file shows before a model is loaded or a file is written. */
async function startReading(slices: AsyncGenerator<TextInput[]>): Promise<AsyncIterable<TextInput[]>> {
  const first = await slices.next()
  return (async function* () {
    if (first.done) return
    yield first.value
    yield* slices
  })()
}

function printPredictions(predictions: readonly TextClassification[], { print, json }: CommandContext): void {
  if (json) return
  const rows = predictions.map(({ text, textPair, label, score }) => [
    label,
    score.toFixed(4),
    shorten(textPair === undefined ? text : `${text} | ${textPair}`, 80),
  ])
  print(textTable([['label', 'score', 'text'], ...rows], { right: [1] }))
}

interface RowWriter {
  /** What stands above the rows. */
  begin(labels: readonly string[]): string
  row(prediction: TextClassification): string
}

/** @throws ConfigError for other extensions */
function rowWriter(file: string): RowWriter {
  if (/\.(jsonl|ndjson)$/i.test(file))
    return { begin: () => '', row: (prediction) => `${JSON.stringify(prediction)}\n` }
  if (/\.csv$/i.test(file)) {
    // All files have the column of second texts: whether there are any shows only at the end of the input.
    return {
      begin: (labels) => csvRow(['text', 'text_pair', 'label', 'score', ...labels.map((label) => `score_${label}`)]),
      row: ({ text, textPair = '', label, score, scores }) =>
        csvRow([text, textPair, label, String(score), ...Object.values(scores).map(String)]),
    }
  }
  throw new ConfigError('OUTPUT_FORMAT', `--output ${file}: expected a name that ends in .jsonl or .csv`)
}

const csvRow = (cells: readonly string[]): string =>
  `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`

async function writeRows(
  file: FileHandle,
  slice: readonly TextClassification[],
  row: (prediction: TextClassification) => string,
): Promise<void> {
  await file.writeFile(slice.map(row).join(''))
}
