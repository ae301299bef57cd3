import { RuntimeError } from '../core/errors.ts'
import type { ModelBatch } from '../models/batch-inputs.ts'
import { exampleCount, joinBatches, sliceBatch } from '../models/batch-parts.ts'
import type { GradientResult, TrainingSession } from '../models/training-session.ts'

/** Of the difference of a gradient relative to its norm: far above float32's rounding (1e-6), far below any wrong scale. */
const tolerance = 1e-3
/** Parameters whose gradient is smaller than this share of all are compared with this share: a key's bias has rounding alone. */
const leastShare = 1e-3
/** Values of each parameter that are compared; the norm is over all. */
const comparedValues = 1 << 14

/**
 * Proves on some examples of a step that its micro-batches add up to the gradients of one batch, however many labels each has.
 * Both sides have the same loss options and dropout masks that drop nothing. The examples are no more than the largest micro-batch
 * has, or three, so that this takes the memory of a step and the time of two micro-batches.
 * @returns the largest difference of a parameter's gradients, relative to their norm
 * @throws RuntimeError `ACCUMULATION` saying what differs
 */
export async function checkAccumulation(
  session: Pick<TrainingSession, 'gradients'>,
  microBatches: readonly ModelBatch[],
): Promise<number> {
  const parts = someExamples(microBatches)
  const options = { dropout: false, limit: comparedValues }
  const added = await session.gradients(parts, options)
  const whole = await session.gradients(joinBatches(parts), options)
  if (!Number.isFinite(whole.gradNorm)) return 0 // which the step itself warns of
  const worst = worstDifference(added, whole)
  const losses = Math.abs(added.loss - whole.loss) / Math.max(Math.abs(whole.loss), 1e-3)
  const norms = Math.abs(added.gradNorm - whole.gradNorm) / Math.max(whole.gradNorm, Number.MIN_VALUE)
  if (worst.difference <= tolerance && losses <= tolerance && norms <= tolerance) return worst.difference
  const examples = parts.reduce((sum, part) => sum + exampleCount(part), 0)
  throw new RuntimeError(
    'ACCUMULATION',
    `gradient accumulation is wrong: the gradients of ${parts.length} micro-batches do not add up to those of the same ` +
      `${examples} examples as one batch. Norm ${short(added.gradNorm)} instead of ${short(whole.gradNorm)} ` +
      `(${short(added.gradNorm / whole.gradNorm)} times), loss ${short(added.loss)} instead of ${short(whole.loss)}, most ` +
      `different in ${worst.name}. The loss of a batch must be divided by the labels of the whole step; if the model's loss ` +
      'is meant to hang on how examples are batched, turn this check off with accumulationCheck.',
  )
}

/** Parts of some micro-batches with no more examples than one has, the first with one more: means of unequal parts differ. */
function someExamples(microBatches: readonly ModelBatch[]): ModelBatch[] {
  const most = Math.max(...microBatches.map(exampleCount))
  const used = microBatches.slice(0, Math.max(2, most - 1))
  const each = Math.max(1, Math.floor((most - 1) / used.length))
  return used.map((batch, i) => sliceBatch(batch, 0, Math.min(exampleCount(batch), i === 0 ? each + 1 : each)))
}

function worstDifference(added: GradientResult, whole: GradientResult): { name: string; difference: number } {
  let worst = { name: 'none', difference: 0 }
  for (const [name, expected] of Object.entries(whole.gradients)) {
    const values = added.gradients[name]
    const distance = norm(values.map((value, i) => value - expected[i]))
    const difference = distance / Math.max(norm(expected), leastShare * whole.gradNorm, Number.MIN_VALUE)
    if (!(difference <= worst.difference)) worst = { name, difference }
  }
  return worst
}

const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
const short = (value: number): string => value.toPrecision(4)
