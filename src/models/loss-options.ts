import { ConfigError } from '../core/errors.ts'

/**
 * Changes to the cross-entropy of heads that tell one of several classes: sequence classification with one label, and token
 * classification. They change what a training session minimises; `model.forward` always reports the plain mean.
 *
 * With weights w, smoothing e, gamma g and C classes, an item of class y costs
 * `(1 - e) l(y) + e / C (l(0) + … + l(C - 1))`, where `l(c) = -w(c) (1 - p(c))^g log p(c)`; the loss is the sum over items divided
 * by the sum of their w(y), over all micro-batches of a step. With g = 0 this is torch.nn.CrossEntropyLoss.
 */
export interface LossOptions {
  /** Share of each label that goes to all classes alike, from 0 to 1 (Szegedy et al. 2015); default 0. */
  labelSmoothing?: number
  /** What an item of each class weighs, in the order of the classes; default 1 each. */
  classWeights?: readonly number[]
  /** How much less items count that the model is sure of, 0 or more (focal loss, Lin et al. 2017, who take 2); default 0. */
  focalGamma?: number
}

/** Whether the options change anything. */
export function changesLoss({ labelSmoothing, classWeights, focalGamma }: LossOptions = {}): boolean {
  return Boolean(labelSmoothing) || classWeights !== undefined || Boolean(focalGamma)
}

/** @throws ConfigError naming the option */
export function checkLossOptions(options: LossOptions, labels: readonly string[]): void {
  const { labelSmoothing = 0, classWeights, focalGamma = 0 } = options
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ConfigError('LABEL_SMOOTHING', `label smoothing must be a number from 0 to 1, not ${labelSmoothing}`)
  }
  if (!(focalGamma >= 0 && focalGamma < Number.POSITIVE_INFINITY)) {
    throw new ConfigError('FOCAL_GAMMA', `the focal loss's gamma must be a number of at least 0, not ${focalGamma}`)
  }
  if (!classWeights) return
  if (classWeights.length !== labels.length) {
    throw new ConfigError(
      'CLASS_WEIGHTS',
      `there are ${classWeights.length} class weights for ${labels.length} classes: give one for each, in the order of the labels`,
    )
  }
  // Weights are float32 in the graph.
  const inGraph = classWeights.map(Math.fround)
  const wrong = classWeights.findIndex((weight, i) => !(weight >= 0 && Number.isFinite(inGraph[i])))
  if (wrong >= 0) {
    throw new ConfigError(
      'CLASS_WEIGHTS',
      `the weight of class "${labels[wrong]}" must be a number from 0 to 3.4e38, not ${classWeights[wrong]}`,
    )
  }
  if (inGraph.every((weight) => weight === 0)) {
    throw new ConfigError(
      'CLASS_WEIGHTS',
      'classWeights are 0 for all classes, so nothing could be learned: give at least one of them a weight above 0',
    )
  }
}
