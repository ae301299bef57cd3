import type { Example } from '../../data/example.ts'
import type { MaskedTextItem } from '../../data/mask-texts.ts'
import { readAllExamples } from '../../data/node.ts'
import { stratifiedSplit } from '../../data/split.ts'
import { type MaskedLmPredictions, maskedLmTask } from '../../training/tasks/masked-lm.ts'
import { readOptions } from '../inputs.ts'
import { maskingOf } from '../masking-flags.ts'
import { fillMaskPrediction } from '../predictors/fill-mask.ts'
import type { CommandTask } from './command-task.ts'

export const maskedLm: CommandTask<Example, MaskedTextItem, MaskedLmPredictions> = {
  name: 'masked-lm',
  head: 'masked-lm',
  flags: ['text-column', 'masking', 'mask-probability'],
  create: ({ seed, ...values }) => maskedLmTask({ masking: maskingOf(values), seed }),
  read: (file, values) => readAllExamples(file, readOptions(values)),
  labels: () => [],
  split: (examples, options) => stratifiedSplit(examples, { ...options, labelOf: () => undefined }),
  tables: (_, { masked }) => [
    `  ${masked.reduce((sum, count) => sum + count, 0).toLocaleString('en')} tokens of ${masked.length.toLocaleString('en')} texts were masked`,
  ],
  predict: fillMaskPrediction as unknown as CommandTask['predict'],
}
