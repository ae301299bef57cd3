import type { MultiLabelClassification } from '../../pipelines/multi-label-classification.ts'
import { pipeline } from '../../pipelines/node.ts'
import type { TextInput } from '../../pipelines/text-pipeline.ts'
import { labelThresholds } from '../../training/tasks/label-thresholds.ts'
import { textTable } from '../tables.ts'
import type { PredictTask } from './predictor.ts'
import { shownText, textInputs } from './text-inputs.ts'

/** The labels of each text, with every label's probability. */
export const multiLabelPrediction: PredictTask<TextInput, MultiLabelClassification> = {
  ...textInputs,
  flags: ['text-column', 'text-pair-column', 'pairs', 'threshold'],
  async load(folder, { maxLength, threads, threshold }) {
    labelThresholds([], threshold) // before the weights are read
    const label = await pipeline('multi-label-classification', folder, { maxLength, threads })
    const names = label.model.config.labels
    return {
      predict: (inputs, options) => label(inputs, { ...options, threshold }),
      json: (predictions) => ({ predictions }),
      table: (predictions) => {
        const rows = predictions.map((each) => [
          each.labels.map(({ label, score }) => `${label} ${score.toFixed(4)}`).join(', ') || '(none)',
          shownText(each),
        ])
        return textTable([['labels', 'text'], ...rows])
      },
      record: (prediction) => prediction,
      csvHeader: ['text', 'text_pair', 'labels', ...names.map((name) => `score_${name}`)],
      csvRows: ({ text, textPair = '', labels, scores }) => [
        [text, textPair, labels.map((each) => each.label).join('|'), ...names.map((name) => String(scores[name]))],
      ],
      close: () => label.close(),
    }
  },
}
