import type { Value } from '../../graph/graph.ts'
import type { Head, ProblemType } from '../architecture.ts'
import type { BatchInputs } from '../batch-inputs.ts'
import type { LossOptions } from '../loss-options.ts'
import { binaryCrossEntropy, crossEntropy, squaredError } from '../losses.ts'

/**
 * One number a class for each sequence, from its first token, by the architecture's own classifier. `problemType` decides what
 * the numbers mean and with it the loss, as in transformers' BertForSequenceClassification: classes of which one holds, classes
 * of which any may hold, or measured quantities.
 */
export const sequenceClassification: Head = {
  task: 'sequence-classification',
  classSuffix: 'ForSequenceClassification',
  hasProblemType: true,
  leastClasses: ({ problemType }) => (problemType === 'single_label_classification' ? 2 : 1),
  parameters: (architecture, config) => architecture.classifier.parameters(config),
  rows: (batch) => batch.firstTokens,
  build: (scope, architecture, config, first, batch) => {
    const logits = architecture.classifier.build(scope, config, first) // [B, C]
    return {
      logits,
      loss: (options) => losses[config.problemType](logits, batch, options),
      takesLossOptions: config.problemType === 'single_label_classification',
    }
  },
}

/** logits: [B, C] -> [] */
const losses: Record<ProblemType, (logits: Value, batch: BatchInputs, options?: LossOptions) => Value> = {
  single_label_classification: (logits, batch, options) =>
    crossEntropy(logits, batch.labels('batch'), batch.lossScale(), options),
  multi_label_classification: (logits, batch) =>
    binaryCrossEntropy(logits, batch.targets(classesOf(logits)), batch.lossScale('targets')),
  regression: (logits, batch) => squaredError(logits, batch.targets(classesOf(logits)), batch.lossScale('targets')),
}

const classesOf = (logits: Value): number => logits.shape[1] as number
