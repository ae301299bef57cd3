import { pipeline } from '../../pipelines/node.ts'
import type { TextClassification, TextInput } from '../../pipelines/text-classification.ts'
import { textTable } from '../tables.ts'
import type { PredictTask } from './predictor.ts'
import { shownText, textInputs } from './text-inputs.ts'

/** Label and probabilities of each text. */
export const classificationPrediction: PredictTask<TextInput, TextClassification> = {
  ...textInputs,
  flags: ['text-column', 'text-pair-column', 'pairs'],
  async load(folder, { maxLength, threads }) {
    const classify = await pipeline('text-classification', folder, { maxLength, threads })
    const { labels } = classify.model.config
    return {
      predict: (inputs, options) => classify(inputs, options),
      json: (predictions) => ({ predictions }),
      table: (predictions) => {
        const rows = predictions.map((each) => [each.label, each.score.toFixed(4), shownText(each)])
        return textTable([['label', 'score', 'text'], ...rows], { right: [1] })
      },
      record: (prediction) => prediction,
      // All files have the column of second texts: whether there are any shows only at the end of the input.
      csvHeader: ['text', 'text_pair', 'label', 'score', ...labels.map((label) => `score_${label}`)],
      csvRows: ({ text, textPair = '', label, score, scores }) => [
        [text, textPair, label, String(score), ...Object.values(scores).map(String)],
      ],
      close: () => classify.close(),
    }
  },
}
