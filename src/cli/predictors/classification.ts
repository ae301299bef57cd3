import type { TextClassification } from '../../pipelines/text-classification.ts'
import type { LoadedClassifier } from '../classifier.ts'
import { shorten, textTable } from '../tables.ts'
import type { Predictor } from './predictor.ts'

/** Label and probabilities of each text. */
export function classificationPredictor({ classify, labels }: LoadedClassifier): Predictor<TextClassification> {
  return {
    predict: (inputs, options) => classify(inputs, options),
    json: (predictions) => ({ predictions }),
    table: (predictions) => {
      const rows = predictions.map(({ text, textPair, label, score }) => [
        label,
        score.toFixed(4),
        shorten(textPair === undefined ? text : `${text} | ${textPair}`, 80),
      ])
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
}
