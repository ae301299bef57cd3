import { DataError } from '../../core/errors.ts'
import type { TargetItem } from '../../data/collate-targets.ts'
import { collectMultiLabels, labelTargets, type MultiLabelExample } from '../../data/multi-label/index.ts'
import { readAllMultiLabelExamples } from '../../data/multi-label/node.ts'
import { stratifiedSplit } from '../../data/split.ts'
import { multiLabelMetrics, multiLabelScores } from '../../training/multi-label-metrics.ts'
import { bestThresholds } from '../../training/multi-label-thresholds.ts'
import {
  type MultiLabelPredictions,
  multiLabelClassificationTask,
} from '../../training/tasks/multi-label-classification.ts'
import { readOptions } from '../inputs.ts'
import { multiLabelPrediction } from '../predictors/multi-label-classification.ts'
import { formatMetric, textTable } from '../tables.ts'
import type { CommandTask } from './command-task.ts'
import { longTextFlags } from './long-text-flags.ts'

export const multiLabelClassification: CommandTask<MultiLabelExample, TargetItem, MultiLabelPredictions> = {
  name: 'multi-label-classification',
  head: 'sequence-classification',
  problemType: 'multi_label_classification',
  flags: [
    'text-column',
    'text-pair-column',
    'label-column',
    'label-columns',
    'label-separator',
    'threshold',
    ...longTextFlags,
  ],
  create: ({ threshold }) => multiLabelClassificationTask({ threshold }),
  read: (file, { labelSeparator, labelColumns, ...values }) =>
    readAllMultiLabelExamples(file, { ...readOptions(values), labelSeparator, labelColumns }),
  labels(examples, file) {
    const labels = collectMultiLabels(examples)
    if (labels.length > 0) return labels
    throw new DataError('NO_LABELS', `${file}: no example has a label. Is --label-column right?`)
  },
  split: (examples, options) => stratifiedSplit(examples, { ...options, labelOf: () => undefined }),
  baselines(train, evaluation, labels) {
    const shares = new Float64Array(labels.length)
    for (const targets of labelTargets(train, labels)) {
      for (let c = 0; c < labels.length; c++) shares[c] += targets[c] / train.length
    }
    const targets = labelTargets(evaluation, labels).flatMap((row) => [...row])
    const always = (isGiven: (share: number) => boolean) =>
      multiLabelMetrics(
        {
          predictions: targets.map((_, cell) => Number(isGiven(shares[cell % labels.length]))),
          targets,
          numLabels: labels.length,
        },
        ['f1_micro', 'f1_macro', 'f1_samples', 'accuracy', 'hamming_loss'],
      )
    return {
      'Every label': always(() => true),
      'Labels that mostly hold': always((share) => share >= 0.5),
    }
  },
  tables({ config: { labels } }, predictions) {
    const { micro, macro, perLabel } = bestThresholds(predictions)
    const rows = multiLabelScores(predictions).map(({ precision, recall, f1, support }, i) => [
      labels[i],
      ...[precision, recall, f1].map(formatMetric),
      String(support),
      formatMetric(perLabel[i].threshold),
      formatMetric(perLabel[i].f1),
    ])
    const mean = perLabel.reduce((sum, { f1 }) => sum + f1, 0) / perLabel.length
    return [
      textTable([['label', 'precision', 'recall', 'f1', 'examples', 'best threshold', 'f1 there'], ...rows], {
        right: [1, 2, 3, 4, 5, 6],
      }),
      textTable(
        [
          ['best threshold for', 'threshold', 'f1'],
          ['f1_micro', formatMetric(micro.threshold), formatMetric(micro.f1)],
          ['f1_macro', formatMetric(macro.threshold), formatMetric(macro.f1)],
          ['f1_macro, one each', '', formatMetric(mean)],
        ],
        { right: [1, 2] },
      ),
      '  Thresholds that are chosen on these examples look better here than on others.',
    ]
  },
  results({ config: { labels } }, predictions) {
    const { micro, macro, perLabel } = bestThresholds(predictions)
    return {
      bestThresholds: { micro, macro, perLabel: Object.fromEntries(perLabel.map((each, i) => [labels[i], each])) },
    }
  },
  predict: multiLabelPrediction,
}
