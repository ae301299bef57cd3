import type { Value } from '../../graph/graph.ts'
import type { Head, ProblemType } from '../architecture.ts'
import type { BatchInputs } from '../batch-inputs.ts'
import type { LossOptions } from '../loss-options.ts'
import { binaryCrossEntropy, crossEntropy, squaredError } from '../losses.ts'
import { poolingParameters, poolWindows } from '../pool-windows.ts'

/**
 * One number a class for each sequence, from its first token, by the architecture's own classifier. `problemType` decides what
 * the numbers mean and with it the loss, as in transformers' BertForSequenceClassification: classes of which one holds, classes
 * of which any may hold, or measured quantities. With `longTexts` several sequences may be windows of one text: their vectors are
 * pooled to one before the classifier's last layer.
 */
export const sequenceClassification: Head = {
  task: 'sequence-classification',
  classSuffix: 'ForSequenceClassification',
  hasProblemType: true,
  leastClasses: ({ problemType }) => (problemType === 'single_label_classification' ? 2 : 1),
  parameters: (architecture, config) => [
    ...architecture.classifier.parameters(config),
    ...(config.longTexts ? poolingParameters(config.longTexts.pooling, config.hiddenSize) : []),
  ],
  rows: (batch) => batch.firstTokens,
  build: (scope, architecture, config, first, batch) => {
    const vectors = architecture.classifier.vectors(scope, config, first) // [B, H]
    const { longTexts, problemType } = config
    const pooled = longTexts ? poolWindows(scope, longTexts.pooling, vectors, batch) : vectors // [E, H]
    const logits = architecture.classifier.logits(scope, config, pooled) // [E, C]
    const dim = longTexts ? 'examples' : 'batch'
    return {
      logits,
      loss: (options) => losses[problemType](logits, batch, dim, options),
      takesLossOptions: problemType === 'single_label_classification',
    }
  },
}

type Loss = (logits: Value, batch: BatchInputs, dim: 'batch' | 'examples', options?: LossOptions) => Value

/** logits: [E, C] -> [] */
const losses: Record<ProblemType, Loss> = {
  single_label_classification: (logits, batch, dim, options) =>
    crossEntropy(logits, batch.labels(dim), batch.lossScale(), options),
  multi_label_classification: (logits, batch, dim) =>
    binaryCrossEntropy(logits, batch.targets(classesOf(logits), dim), batch.lossScale('targets')),
  regression: (logits, batch, dim) =>
    squaredError(logits, batch.targets(classesOf(logits), dim), batch.lossScale('targets')),
}

const classesOf = (logits: Value): number => logits.shape[1] as number
