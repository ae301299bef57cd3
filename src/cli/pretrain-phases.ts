import { ConfigError } from '../core/errors.ts'
import type { PretrainPhase } from '../training/node/pretrain-options.ts'
import { requirePhases } from '../training/node/pretraining-phases.ts'

/**
 * The phases that `--phases` says, as `128:0.9:64,512:0.1:16`: length, share of the run and, if it is not `--batch-size`, texts a
 * batch. Undefined without it.
 * @param limits as `requirePhases` takes them
 * @throws ConfigError naming the phase
 */
export function readPhases(
  { phases, maxLength }: { readonly phases?: string; readonly maxLength?: number },
  limits: Parameters<typeof requirePhases>[1],
): PretrainPhase[] | undefined {
  if (phases === undefined) return undefined
  if (maxLength !== undefined) throw new ConfigError('FLAG_VALUE', '--phases and --max-length contradict each other')
  const read = phases.split(',').map((phase) => {
    if (!/^\d+:(\d+\.?\d*|\.\d+)(:\d+)?$/.test(phase)) {
      throw new ConfigError(
        'FLAG_VALUE',
        `--phases takes LENGTH:SHARE or LENGTH:SHARE:BATCH, as 128:0.9:64, not "${phase}"`,
      )
    }
    const [length, share, batchSize] = phase.split(':').map(Number)
    return { maxLength: length, share, batchSize }
  })
  requirePhases(read, limits)
  return read
}
