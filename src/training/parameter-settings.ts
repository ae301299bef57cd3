import { ConfigError } from '../core/errors.ts'

/** The training arguments that decide which parameters are trained, and how. */
export interface ParameterSettings {
  /** Patterns of parameters that stay as they are, such as `embeddings` or `encoder.layer.[0-5]`; default none. */
  freeze: readonly string[]
  /**
   * Each layer's learning rate is this times that of the layer above: 1 for the head, d for the last layer, and d^(L + 1) for
   * the embeddings below L layers; above 0 and at most 1, the default.
   */
  layerwiseLrDecay: number
  /**
   * Train the head alone at first, and then one layer more from the top with each `epoch`, or every `gradualUnfreezingSteps`
   * `steps`, the embeddings last; default `no`.
   */
  gradualUnfreezing: 'no' | 'steps' | 'epoch'
  /** Steps between layers with `steps`; default 100. */
  gradualUnfreezingSteps: number
  /** So many of the last layers, and the pooler, begin anew, with random weights; default 0. */
  reinitializeLayers: number
}

export const parameterDefaults: Readonly<ParameterSettings> = {
  freeze: [],
  layerwiseLrDecay: 1,
  gradualUnfreezing: 'no',
  gradualUnfreezingSteps: 100,
  reinitializeLayers: 0,
}

/** Checks these settings as far as that needs no model. @throws ConfigError naming the setting */
export function checkParameterSettings(settings: ParameterSettings): void {
  const { freeze, layerwiseLrDecay, gradualUnfreezing, gradualUnfreezingSteps, reinitializeLayers } = settings
  const fail = (expected: string) => new ConfigError('ARGUMENT', expected)
  if (!Array.isArray(freeze) || freeze.some((pattern) => typeof pattern !== 'string')) {
    throw fail(`freeze must be a list of patterns such as ['embeddings'], not ${freeze}`)
  }
  if (!(layerwiseLrDecay > 0 && layerwiseLrDecay <= 1)) {
    throw fail(`layerwiseLrDecay must be above 0 and at most 1, not ${layerwiseLrDecay}`)
  }
  if (!['no', 'steps', 'epoch'].includes(gradualUnfreezing)) {
    throw fail(`gradualUnfreezing must be no, steps or epoch, not ${gradualUnfreezing}`)
  }
  if (!Number.isInteger(gradualUnfreezingSteps) || gradualUnfreezingSteps < 1) {
    throw fail(`gradualUnfreezingSteps must be a whole number of at least 1, not ${gradualUnfreezingSteps}`)
  }
  if (!Number.isInteger(reinitializeLayers) || reinitializeLayers < 0) {
    throw fail(`reinitializeLayers must be a whole number of at least 0, not ${reinitializeLayers}`)
  }
}
