import { nextSentenceIds, nextSentenceLabels } from '../../data/next-sentence.ts'
import { classificationTask } from './text-classification.ts'

/** Whether the second text of a pair follows the first: cross-entropy, accuracy. */
export const nextSentence = classificationTask({
  name: 'next-sentence',
  title: 'Next sentence prediction',
  metricNames: ['accuracy', 'f1_macro', 'matthews_correlation'],
  labels: nextSentenceLabels,
  labelIds: (examples) => nextSentenceIds(examples),
})
