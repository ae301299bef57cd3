import { ConfigError } from '../../core/errors.ts'
import { readExamples } from '../../data/node.ts'
import type { JudgedText, TextInput } from '../../pipelines/text-pipeline.ts'
import { readOptions } from '../inputs.ts'
import { shorten } from '../tables.ts'
import type { PredictTask } from './predictor.ts'

/** What tasks on texts, or pairs of them, ask. */
export const textInputs: Pick<PredictTask<TextInput>, 'usage' | 'inputs' | 'read'> = {
  usage: 'texts as arguments or a file with --input FILE',
  inputs: (texts, { pairs = false }) => (pairs ? textPairs(texts) : [...texts]),
  async *read(file, values) {
    for await (const { text, textPair } of readExamples(file, readOptions(values))) yield { text, textPair }
  },
}

/** Texts two by two. @throws ConfigError for an odd number of them */
export function textPairs(texts: readonly string[]): { text: string; textPair: string }[] {
  if (texts.length % 2 === 1) {
    throw new ConfigError(
      'TEXT_PAIR',
      `there ${texts.length === 1 ? 'is 1 text' : `are ${texts.length} texts`}: give them two by two, the first and the second of each pair`,
    )
  }
  return Array.from({ length: texts.length / 2 }, (_, i) => ({ text: texts[2 * i], textPair: texts[2 * i + 1] }))
}

/** A text, or pair of texts, on one line of a table. */
export const shownText = ({ text, textPair }: JudgedText): string =>
  shorten(textPair === undefined ? text : `${text} | ${textPair}`, 80)
