import type { TargetItem } from '../../data/collate-targets.ts'
import type { Example } from '../../data/example.ts'
import { labelValues } from '../../data/label-values.ts'
import { stratifiedSplit } from '../../data/split.ts'
import { regressionMetrics } from '../../training/regression-metrics.ts'
import { type RegressionPredictions, regression as task } from '../../training/tasks/regression.ts'
import { readLabelled } from '../inputs.ts'
import { regressionPrediction } from '../predictors/regression.ts'
import { formatMetric, textTable } from '../tables.ts'
import type { CommandTask } from './command-task.ts'
import { longTextFlags } from './long-text-flags.ts'

export const regression: CommandTask<Example, TargetItem, RegressionPredictions> = {
  name: task.name,
  head: 'sequence-classification',
  problemType: 'regression',
  flags: ['text-column', 'text-pair-column', 'label-column', ...longTextFlags],
  create: () => task,
  read: readLabelled,
  hasColumns: true,
  labels(examples) {
    labelValues(examples)
    return ['LABEL_0'] // as transformers calls a single output
  },
  split: (examples, options) => stratifiedSplit(examples, { ...options, labelOf: () => undefined }),
  baselines(train, evaluation) {
    const values = labelValues(train)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const targets = labelValues(evaluation)
    const result = { predictions: new Float64Array(targets.length).fill(mean), targets }
    return { 'Always the mean': regressionMetrics(result, ['mse', 'rmse', 'mae', 'r2']) }
  },
  tables: (_, predictions) => [fifthsText(predictions)],
  predict: regressionPrediction,
}

/** How predictions and errors change with the true values: a row for each fifth of the examples. */
function fifthsText({ predictions, targets }: RegressionPredictions): string {
  const order = [...targets.keys()].sort((a, b) => targets[a] - targets[b])
  const rows = Array.from({ length: Math.min(5, order.length) }, (_, i, parts = Math.min(5, order.length)) => {
    const part = order.slice(Math.floor((i * order.length) / parts), Math.floor(((i + 1) * order.length) / parts))
    const mean = (of: (i: number) => number) => part.reduce((sum, index) => sum + of(index), 0) / part.length
    return [
      `${formatMetric(targets[part[0]])} – ${formatMetric(targets[part.at(-1)!])}`,
      ...[(i: number) => predictions[i], (i: number) => Math.abs(predictions[i] - targets[i])].map((of) =>
        formatMetric(mean(of)),
      ),
      String(part.length),
    ]
  })
  return textTable([['true value', 'mean prediction', 'mean error', 'examples'], ...rows], { right: [1, 2, 3] })
}
