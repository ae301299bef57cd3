import { pipeline } from '../../pipelines/node.ts'
import type { RegressionValue } from '../../pipelines/regression.ts'
import type { TextInput } from '../../pipelines/text-pipeline.ts'
import { formatMetric, textTable } from '../tables.ts'
import type { PredictTask } from './predictor.ts'
import { shownText, textInputs } from './text-inputs.ts'

/** The number of each text or pair of texts. */
export const regressionPrediction: PredictTask<TextInput, RegressionValue> = {
  ...textInputs,
  flags: ['text-column', 'text-pair-column', 'pairs'],
  async load(folder, { maxLength, threads }) {
    const judge = await pipeline('regression', folder, { maxLength, threads })
    return {
      predict: (inputs, options) => judge(inputs, options),
      json: (predictions) => ({ predictions }),
      table: (predictions) => {
        const rows = predictions.map((each) => [formatMetric(each.value), shownText(each)])
        return textTable([['value', 'text'], ...rows], { right: [0] })
      },
      record: (prediction) => prediction,
      csvHeader: ['text', 'text_pair', 'value'],
      csvRows: ({ text, textPair = '', value }) => [[text, textPair, String(value)]],
      close: () => judge.close(),
    }
  },
}
