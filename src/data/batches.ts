import { ConfigError } from '../core/errors.ts'
import { randomStream } from '../core/random.ts'

/** How to cut a data set into batches. */
export interface BatchOptions {
  /** Most sequences a batch. */
  batchSize: number
  /** Most tokens a batch, counted without padding. A longer sequence gets a batch of its own. Default: no limit. */
  tokenBudget?: number
  /** Whether each epoch has its own random order. */
  shuffle: boolean
  seed: number
  /** From 0. */
  epoch: number
  /** Leaves out a last batch that has room for more. Default false. */
  dropLast?: boolean
  /** Puts sequences of similar length together, which saves padding in attention. Default false. */
  groupByLength?: boolean
}

/**
 * Plans an epoch: lists of indices into `lengths`, one list a batch, each index once (`dropLast` apart). A pure function of
 * its arguments, so an epoch can be taken up again at any batch.
 *
 * With `groupByLength` and `shuffle`, the shuffled indices are cut into mega-batches of up to 50 batches, at least four an
 * epoch where there are enough, each is sorted by length, and the order of the batches is shuffled; the mega-batches are
 * those of transformers' `LengthGroupedSampler` (trainer_pt_utils.py). Without `shuffle` all is sorted, longest first, so
 * that too large a batch fails at once.
 * @param lengths tokens of each sequence
 * @throws ConfigError for sizes that are no positive integers
 */
export function planBatches(lengths: ArrayLike<number>, options: BatchOptions): number[][] {
  const { batchSize, tokenBudget = Number.POSITIVE_INFINITY, shuffle, seed, epoch } = options
  requirePositive('batch size', batchSize)
  if (tokenBudget !== Number.POSITIVE_INFINITY) requirePositive('token budget', tokenBudget)
  const order = Array.from(lengths, (_, i) => i)
  if (shuffle) randomStream(seed, 'order', epoch).shuffle(order)
  if (options.groupByLength)
    sortByLength(order, lengths, shuffle ? megaBatchSize(order.length, batchSize) : order.length)

  const batches: number[][] = []
  let batch: number[] = []
  let tokens = 0
  for (const index of order) {
    if (batch.length === batchSize || (batch.length > 0 && tokens + lengths[index] > tokenBudget)) {
      batches.push(batch)
      batch = []
      tokens = 0
    }
    batch.push(index)
    tokens += lengths[index]
  }
  const full = batch.length === batchSize || tokens >= tokenBudget
  if (batch.length > 0 && (full || !options.dropLast)) batches.push(batch)
  if (options.groupByLength && shuffle) randomStream(seed, 'batches', epoch).shuffle(batches)
  return batches
}

function megaBatchSize(count: number, batchSize: number): number {
  return batchSize * Math.max(1, Math.min(50, Math.floor(count / (batchSize * 4))))
}

/** Sorts each run of `size` indices by length, longest first; equal lengths keep their order. */
function sortByLength(order: number[], lengths: ArrayLike<number>, size: number): void {
  for (let start = 0; start < order.length; start += size) {
    const sorted = order.slice(start, start + size).sort((a, b) => lengths[b] - lengths[a])
    for (let i = 0; i < sorted.length; i++) order[start + i] = sorted[i]
  }
}

function requirePositive(name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return
  throw new ConfigError('BATCH_SIZE', `expected a ${name} of 1 or more, a whole number, found ${value}.`)
}
