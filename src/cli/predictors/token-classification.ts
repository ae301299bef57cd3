import { DataError } from '../../core/errors.ts'
import { decodeUtf8 } from '../../data/decode-utf8.ts'
import { parseObject } from '../../data/jsonl-reader.ts'
import { splitLines } from '../../data/lines.ts'
import { openFile } from '../../data/node/open-file.ts'
import { readExamples } from '../../data/node.ts'
import { readTokenExamples, type TokenFormat } from '../../data/token-classification/node.ts'
import { pipeline } from '../../pipelines/node.ts'
import type { TokenClassification, TokenClassificationInput } from '../../pipelines/token-classification.ts'
import { readOptions } from '../inputs.ts'
import { shorten, textTable } from '../tables.ts'
import { tagOptions } from '../tasks/tag-options.ts'
import type { PredictValues } from './predict-flags.ts'
import type { PredictTask } from './predictor.ts'
import { textInputs } from './text-inputs.ts'

/** A text and what was found in it. */
interface TaggedText {
  /** Words that were given as such have blanks between. */
  text: string
  entities: TokenClassification[]
}

/** The entities of each text. */
export const tokenPrediction: PredictTask<TokenClassificationInput, TaggedText> = {
  ...textInputs,
  flags: ['text-column', 'tag-scheme', 'aggregation', 'stride'],
  inputs: (texts) => [...texts],
  read: readInputs,
  async load(folder, { maxLength, threads, stride, ...values }) {
    const find = await pipeline('token-classification', folder, { maxLength, threads, stride, ...tagOptions(values) })
    return {
      async predict(inputs, options) {
        const found = await find(inputs, options)
        return inputs.map((input, i) => ({
          text: typeof input === 'string' ? input : input.words.join(' '),
          entities: found[i],
        }))
      },
      json: (rows, single) => ({ entities: single ? rows[0].entities : rows.map(({ entities }) => entities) }),
      table: (rows) =>
        rows.map((row) => (rows.length === 1 ? '' : `${shorten(row.text, 100)}\n`) + entityTable(row)).join('\n\n'),
      record: (row) => row,
      csvHeader: ['text', 'entity', 'score', 'word', 'start', 'end'],
      // A text without entities has a line, too, so that none is missing.
      csvRows: ({ text, entities }) =>
        entities.length === 0
          ? [[text, '', '', '', '', '']]
          : entities.map(({ entity, score, word, start, end }) => [
              text,
              entity,
              String(score),
              word,
              ...[start, end].map(String),
            ]),
      close: () => find.close(),
    }
  },
}

function entityTable({ entities }: TaggedText): string {
  if (entities.length === 0) return '  (no entities)'
  const rows = entities.map(({ entity, score, word, start, end }) => [
    entity,
    score.toFixed(4),
    shorten(word, 60),
    `${start}–${end}`,
  ])
  return textTable([['entity', 'score', 'word', 'place'], ...rows], { right: [1] })
}

/** Texts; or words, from CoNLL files and JSON Lines that hold them. */
async function* readInputs(file: string, values: PredictValues): AsyncGenerator<TokenClassificationInput> {
  const format = values.format ?? (/\.(conll|bio|iob2?)(\.gz)?$/i.test(file) ? 'conll' : undefined)
  if (format === 'conll' || (await holdsWords(file, values))) {
    const options = { textColumn: values.textColumn, format: format as TokenFormat | undefined }
    for await (const { words } of readTokenExamples(file, options)) yield { words }
    return
  }
  for await (const { text, textPair, source } of readExamples(file, readOptions(values))) {
    if (textPair !== undefined) {
      throw new DataError(
        'TEXT_PAIR',
        `${file}, row ${source.row} has a second text, but entities are found in single texts: leave out its column`,
      )
    }
    yield text
  }
}

/** Whether the first object of JSON Lines has a list where the words are to stand. */
async function holdsWords(file: string, { format, textColumn = 'tokens' }: PredictValues): Promise<boolean> {
  if (format !== 'jsonl' && !(format === undefined && /\.(jsonl|ndjson)(\.gz)?$/i.test(file))) return false
  for await (const { line, row } of splitLines(decodeUtf8(openFile(file), file))) {
    if (line.trim() !== '') return Array.isArray(parseObject(line, { file, row })[textColumn])
  }
  return false
}
