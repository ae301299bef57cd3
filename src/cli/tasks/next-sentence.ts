import { DataError } from '../../core/errors.ts'
import type { ClassificationItem } from '../../data/collator.ts'
import type { Example } from '../../data/example.ts'
import { nextSentenceIds, nextSentenceLabels } from '../../data/next-sentence.ts'
import { stratifiedSplit } from '../../data/split.ts'
import { computeClassificationMetrics } from '../../training/metrics-registry.ts'
import { nextSentence as task } from '../../training/tasks/next-sentence.ts'
import type { ClassificationPredictions } from '../../training/tasks/text-classification.ts'
import { readLabelled } from '../inputs.ts'
import { nextSentencePrediction } from '../predictors/next-sentence.ts'
import type { CommandTask } from './command-task.ts'
import { classificationTables } from './text-classification.ts'

export const nextSentence: CommandTask<Example, ClassificationItem, ClassificationPredictions> = {
  name: task.name,
  head: 'next-sentence',
  flags: ['text-column', 'text-pair-column', 'label-column'],
  create: () => task,
  read: readLabelled,
  hasColumns: true,
  labels(examples, file) {
    const ids = new Set(nextSentenceIds(examples))
    if (ids.size === 1) {
      throw new DataError(
        'ONE_LABEL',
        `${file}: all pairs have the label "${nextSentenceLabels[[...ids][0]]}": expected pairs of both kinds, 0 where the second ` +
          'text follows the first and 1 where it does not. Is --label-column right?',
      )
    }
    return [...nextSentenceLabels]
  },
  split: (examples, options) => stratifiedSplit(examples, { ...options, labelOf: ({ label }) => label }),
  baselines(train, evaluation) {
    const numLabels = nextSentenceLabels.length
    const most = Number(nextSentenceIds(train).reduce((sum, id) => sum + id, 0) > train.length / 2)
    const labels = nextSentenceIds(evaluation)
    const result = { predictions: new Int32Array(labels.length).fill(most), labels, numLabels }
    return { [`Always “${nextSentenceLabels[most]}”`]: computeClassificationMetrics(result, ['accuracy', 'f1_macro']) }
  },
  tables: (_, predictions) => classificationTables(nextSentenceLabels, predictions),
  predict: nextSentencePrediction,
}
