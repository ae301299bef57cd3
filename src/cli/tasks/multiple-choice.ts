import { type ChoiceExample, type ChoiceItem, choiceLabels } from '../../data/multiple-choice/index.ts'
import { readAllChoiceExamples } from '../../data/multiple-choice/node.ts'
import { stratifiedSplit } from '../../data/split.ts'
import { type ChoicePredictions, multipleChoice as task } from '../../training/tasks/multiple-choice.ts'
import { choiceReadOptions } from '../predictors/choice-read-options.ts'
import { multipleChoicePrediction } from '../predictors/multiple-choice.ts'
import type { CommandTask } from './command-task.ts'

export const multipleChoice: CommandTask<ChoiceExample, ChoiceItem, ChoicePredictions> = {
  name: task.name,
  head: 'multiple-choice',
  flags: ['text-column', 'label-column'],
  create: () => task,
  read: (file, values) => readAllChoiceExamples(file, choiceReadOptions(values)),
  labels(examples) {
    choiceLabels(examples)
    return []
  },
  split: (examples, options) => stratifiedSplit(examples, { ...options, labelOf: () => undefined }),
  baselines: (_, evaluation) => ({
    Chance: { accuracy: evaluation.reduce((sum, { choices }) => sum + 1 / choices.length, 0) / evaluation.length },
    'Always the first': { accuracy: evaluation.filter(({ label }) => label === 0).length / evaluation.length },
  }),
  tables: () => [],
  predict: multipleChoicePrediction,
}
