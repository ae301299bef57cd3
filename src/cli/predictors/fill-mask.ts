import { ConfigError, DataError } from '../../core/errors.ts'
import type { Fill, FillMaskPipeline, Fills } from '../../pipelines/fill-mask.ts'
import { pipeline } from '../../pipelines/node.ts'
import type { TextInput } from '../../pipelines/text-classification.ts'
import { shorten, textTable } from '../tables.ts'
import type { Predictor, PredictTask } from './predictor.ts'
import { textInputs } from './text-inputs.ts'

interface FilledText {
  text: string
  fills: Fills
}

/** What the masks of each text are filled with. */
export const fillMaskPrediction: PredictTask<TextInput, FilledText> = {
  ...textInputs,
  flags: ['top-k', 'targets', 'text-column', 'text-pair-column'],
  async load(folder, { topK, targets, maxLength, threads }, logger) {
    checkTopK(topK)
    const fill = await pipeline('fill-mask', folder, { maxLength, threads, logger })
    return fillMaskPredictor(fill, { topK, targets })
  },
}

/** @throws ConfigError `FLAG_VALUE` */
export function checkTopK(topK: number | undefined): void {
  if (topK === undefined || (Number.isInteger(topK) && topK >= 1)) return
  throw new ConfigError('FLAG_VALUE', `--top-k must be a whole number of at least 1, not ${topK}`)
}

function fillMaskPredictor(
  fill: FillMaskPipeline,
  settings: { topK?: number; targets?: readonly string[] },
): Predictor<TextInput, FilledText> {
  let done = 0
  return {
    async predict(inputs, options) {
      const texts = inputs.map((input, i) => {
        if (typeof input === 'string') return input
        if (input.textPair === undefined) return input.text
        throw new DataError(
          'TEXT_PAIR',
          `text ${done + i + 1} has a second text, but masks are filled in single texts: leave out its column`,
        )
      })
      const fills = await fill(texts, { ...options, ...settings, firstNumber: done + 1 })
      done += texts.length
      return texts.map((text, i) => ({ text, fills: fills[i] }))
    },
    json: (rows, single) => ({ fills: single ? rows[0].fills : rows.map(({ fills }) => fills) }),
    table: (rows) => {
      const header = ['score', 'token', 'sequence']
      const lines = rows.flatMap(({ fills }) =>
        masksOf(fills).flatMap((list) => [
          [],
          ...list.map(({ score, token, sequence }) => [score.toFixed(4), token, shorten(sequence, 80)]),
        ]),
      )
      return textTable([header, ...lines.slice(1)], { right: [0] })
    },
    record: (row) => row,
    csvHeader: ['text', 'mask', 'rank', 'token', 'token_id', 'score', 'sequence'],
    csvRows: ({ text, fills }) =>
      masksOf(fills).flatMap((list, mask) =>
        list.map(({ token, tokenId, score, sequence }, rank) => [
          text,
          ...[mask + 1, rank + 1].map(String),
          token,
          ...[tokenId, score].map(String),
          sequence,
        ]),
      ),
    close: () => fill.close(),
  }
}

/** The fills of each mask. */
const masksOf = (fills: Fills): Fill[][] => (Array.isArray(fills[0]) ? (fills as Fill[][]) : [fills as Fill[]])
