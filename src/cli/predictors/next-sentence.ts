import { describePlace } from '../../data/example.ts'
import { requireSecondText } from '../../data/next-sentence.ts'
import { readExamples } from '../../data/node.ts'
import type { NextSentence } from '../../pipelines/next-sentence.ts'
import { pipeline } from '../../pipelines/node.ts'
import type { TextInput } from '../../pipelines/text-pipeline.ts'
import { readOptions } from '../inputs.ts'
import { textTable } from '../tables.ts'
import type { PredictTask } from './predictor.ts'
import { shownText, textPairs } from './text-inputs.ts'

/** Whether the second text of each pair follows the first. */
export const nextSentencePrediction: PredictTask<TextInput, NextSentence> = {
  usage: 'pairs of texts as arguments, two by two, or a file with --input FILE',
  inputs: (texts) => textPairs(texts),
  async *read(file, values) {
    for await (const { text, textPair, source } of readExamples(file, readOptions(values))) {
      requireSecondText(textPair, describePlace(source))
      yield { text, textPair }
    }
  },
  flags: ['text-column', 'text-pair-column'],
  async load(folder, { maxLength, threads }) {
    const follows = await pipeline('next-sentence', folder, { maxLength, threads })
    return {
      predict: (inputs, options) => follows(inputs, options),
      json: (predictions) => ({ predictions }),
      table: (predictions) => {
        const rows = predictions.map((each) => [each.label, each.score.toFixed(4), shownText(each)])
        return textTable([['label', 'score', 'text'], ...rows], { right: [1] })
      },
      record: (prediction) => prediction,
      csvHeader: ['text', 'text_pair', 'label', 'score'],
      csvRows: ({ text, textPair = '', label, score }) => [[text, textPair, label, String(score)]],
      close: () => follows.close(),
    }
  },
}
