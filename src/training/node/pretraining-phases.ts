import { ConfigError } from '../../core/errors.ts'
import { unfitLength } from '../../data/pretraining/examples.ts'
import { requireShares } from '../training-steps.ts'
import type { PretrainPhase } from './pretrain-options.ts'

/**
 * Checks phases as far as that needs neither data nor a model.
 * @param limits.maxSteps steps of the run, of which each phase has one at least; -1 if the data decide how many there are
 * @param limits.least the fewest tokens that an example has room in
 * @throws ConfigError `PHASES` naming the phase
 */
export function requirePhases(
  phases: readonly PretrainPhase[],
  { maxSteps, least }: { maxSteps: number; least: number },
): void {
  const fail = (text: string) => new ConfigError('PHASES', `phases must ${text}`)
  if (phases.length === 0)
    throw new ConfigError('PHASES', 'phases is empty: give one at least, or maxLength in its place')
  requireShares(phases)
  let share = 0
  let steps = 0
  for (const [i, phase] of phases.entries()) {
    const { maxLength, batchSize = 1 } = phase
    const name = `phase ${i + 1}`
    const unfit = unfitLength(maxLength, least)
    if (unfit !== undefined) throw fail(`give ${name} a length of ${unfit}`)
    if (!Number.isSafeInteger(batchSize) || batchSize < 1)
      throw fail(`give ${name} a batch of at least 1 text, not ${batchSize}`)
    share += phase.share
    if (maxSteps <= 0) continue
    const end = Math.round(share * maxSteps) // as TrainingSteps has it
    if (end === steps)
      throw fail(`give ${name} one step at least: ${phase.share} of ${maxSteps} steps (maxSteps) is none`)
    steps = end
  }
}
