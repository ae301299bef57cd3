import { ConfigError } from '../core/errors.ts'
import type { TrainingArguments } from './training-arguments.ts'

/** The training arguments that decide which parameters are trained, and how. */
export type ParameterSettings = Pick<TrainingArguments, 'freeze' | 'layerwiseLrDecay'>

/** Checks these settings as far as that needs no model. @throws ConfigError naming the setting */
export function checkParameterSettings({ freeze, layerwiseLrDecay }: ParameterSettings): void {
  if (!Array.isArray(freeze) || freeze.some((pattern) => typeof pattern !== 'string')) {
    throw new ConfigError('ARGUMENT', `freeze must be a list of patterns such as ['embeddings'], not ${freeze}`)
  }
  if (!(layerwiseLrDecay > 0 && layerwiseLrDecay <= 1)) {
    throw new ConfigError('ARGUMENT', `layerwiseLrDecay must be above 0 and at most 1, not ${layerwiseLrDecay}`)
  }
}
