import { type FileHandle, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { streamFileAtomic } from '../../checkpoints/node/files.ts'
import { describeModel } from '../../checkpoints/node.ts'
import { ConfigError } from '../../core/errors.ts'
import { defineCommand } from '../command.ts'
import { checkOutputFile, maxLengthFlag, modelFolder } from '../inputs.ts'
import { predictFlags } from '../predictors/predict-flags.ts'
import type { Predictor } from '../predictors/predictor.ts'
import { predictTaskOf } from '../predictors/registry.ts'
import { createProgress } from '../progress.ts'
import { formatFlag } from '../tasks/task-flags.ts'

/** Texts that are read, run and written together. */
const sliceSize = 1024

export const predict = defineCommand({
  name: 'predict',
  summary: 'Use a model on texts: label and probabilities of each, or what fills a [MASK]',
  example: `bertsmith predict --model out/spam "You have won a prize" "See you at lunch"
bertsmith predict --model out/spam --input mails.csv --output labels.jsonl
bertsmith predict --model out/pretrained "See you at the [MASK]" --top-k 10`,
  positionals: { name: 'TEXT…', description: 'texts, in quotes', many: true },
  flags: {
    model: { type: 'string', required: true, value: 'DIR', description: 'Folder of a trained model' },
    input: { type: 'string', value: 'FILE', description: 'Texts: txt with one a line, or a column of csv, tsv, jsonl' },
    output: { type: 'string', value: 'FILE', description: 'Write predictions to a .jsonl or .csv file' },
    'batch-size': { type: 'number', description: 'Texts a batch (default 32)' },
    'max-length': maxLengthFlag,
    format: formatFlag,
    ...predictFlags,
  },
  async run(values, texts, context) {
    const { input, output, batchSize = 32 } = values
    const folder = await modelFolder(values.model)
    const task = predictTaskOf(folder, await describeModel(folder), values)
    const asked = task.inputs(texts, values)
    if (asked.length > 0 === (input !== undefined)) {
      throw new ConfigError('TEXTS', `give ${task.usage}, one of the two`)
    }
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new ConfigError('FLAG_VALUE', `--batch-size must be a whole number of at least 1, not ${batchSize}`)
    const format = output === undefined ? undefined : outputFormat(output)
    if (output !== undefined) await checkOutputFile(output, input)
    const slices = input === undefined ? [asked] : await startReading(inSlices(task.read(input, values)))
    const predictor = await task.load(folder, values, { info() {}, warn: context.note })
    const rows: unknown[] = []
    const run = async (emit: (slice: unknown[]) => Promise<void> | void) => {
      const bar = { stream: context.stderr, label: 'Predicting', unit: 'texts' }
      const progress = input === undefined ? undefined : createProgress(bar)
      let done = 0
      for await (const slice of slices) {
        const before = done
        const onProgress = (count: number) => progress?.update(before + count)
        await emit(await predictor.predict(slice, { batchSize, onProgress }))
        done += slice.length
      }
      progress?.finish()
      return done
    }
    try {
      if (output === undefined) await run((slice) => void rows.push(...slice))
      else {
        await mkdir(dirname(output), { recursive: true })
        let count = 0
        await streamFileAtomic(output, async (file) => {
          if (format === 'csv') await file.write(csvLine(predictor.csvHeader))
          count = await run(async (slice) => {
            await writeRows(file, slice, predictor, format!)
            if (context.json) rows.push(...slice)
          })
        })
        context.print(`${output}: ${count} predictions`)
      }
    } finally {
      await predictor.close()
    }
    if (output === undefined && !context.json) context.print(predictor.table(rows))
    return predictor.json(rows, asked.length === 1)
  },
})

async function* inSlices<Input>(inputs: AsyncIterable<Input>): AsyncGenerator<Input[]> {
  let slice: Input[] = []
  for await (const input of inputs) {
    slice.push(input)
    if (slice.length === sliceSize) {
      yield slice
      slice = []
    }
  }
  if (slice.length > 0) yield slice
}

/** Reads the first slice now, so that a wrong file shows before a model is loaded or a file is written. */
async function startReading<Input>(slices: AsyncGenerator<Input[]>): Promise<AsyncIterable<Input[]>> {
  const first = await slices.next()
  return (async function* () {
    if (first.done) return
    yield first.value
    yield* slices
  })()
}

type OutputFormat = 'jsonl' | 'csv'

/** @throws ConfigError for other extensions */
function outputFormat(file: string): OutputFormat {
  if (/\.(jsonl|ndjson)$/i.test(file)) return 'jsonl'
  if (/\.csv$/i.test(file)) return 'csv'
  throw new ConfigError('OUTPUT_FORMAT', `--output ${file}: expected a name that ends in .jsonl or .csv`)
}

const csvLine = (cells: readonly string[]): string =>
  `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`

async function writeRows(
  file: FileHandle,
  rows: readonly unknown[],
  predictor: Predictor<unknown, unknown>,
  format: OutputFormat,
): Promise<void> {
  const lines =
    format === 'csv'
      ? rows.flatMap((row) => predictor.csvRows(row).map(csvLine))
      : rows.map((row) => `${JSON.stringify(predictor.record(row))}\n`)
  await file.writeFile(lines.join(''))
}
