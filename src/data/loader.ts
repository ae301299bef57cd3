import { ConfigError } from '../core/errors.ts'
import { type BatchOptions, planBatches } from './batches.ts'
import { prefetch } from './prefetch.ts'

/** Which batch is being made: enough to derive its random numbers, so that a resumed run makes the same. */
export interface BatchContext {
  epoch: number
  /** Index of the batch in its epoch, from 0. */
  batch: number
}

/** How to load batches. */
export interface DataLoaderOptions<B> extends Omit<BatchOptions, 'epoch' | 'shuffle' | 'seed'> {
  /** Tokens of each item: as many entries as there are items. */
  lengths: ArrayLike<number>
  /** Makes a batch of the items with these indices. */
  collate(indices: number[], context: BatchContext): B | Promise<B>
  /** Default false. */
  shuffle?: boolean
  /** Default 0. */
  seed?: number
  /** Batches kept ready ahead of the consumer; 0 makes each when it is asked for. Default 2. */
  prefetchDepth?: number
}

/** How to load batches from items in memory. */
export interface LoaderOptions<T extends { ids: ArrayLike<number> }, B>
  extends Omit<DataLoaderOptions<B>, 'lengths' | 'collate'> {
  /** Encoded items, for example from `encodeExamples`. */
  items: readonly T[]
  /** Joins items to a batch, for example `collateClassification`; `indices` says which items they are. */
  collate(items: T[], context: BatchContext & { indices: number[] }): B | Promise<B>
}

/**
 * Makes batches epoch after epoch. Each epoch is a pure function of (seed, epoch), so `batches(epoch, { startBatch })` goes
 * on exactly where a stopped run was. Iterating the loader itself runs the next epoch:
 *
 * ```ts
 * for (let epoch = 0; epoch < 3; epoch++) for await (const batch of loader) { … }
 * ```
 */
export class DataLoader<B> implements AsyncIterable<B> {
  /** The epoch that iterating the loader itself runs next; starts at 0 and may be set. */
  nextEpoch = 0
  private readonly options: DataLoaderOptions<B>
  private planned: { epoch: number; batches: number[][] } | undefined

  /** @throws ConfigError for no items, or sizes that are no positive integers */
  constructor(options: DataLoaderOptions<B>) {
    this.options = options
    if (options.lengths.length === 0) {
      throw new ConfigError('NO_ITEMS', 'cannot load batches of no items: expected at least one.')
    }
    const { prefetchDepth = 0 } = options
    if (!Number.isInteger(prefetchDepth) || prefetchDepth < 0) {
      throw new ConfigError('PREFETCH_DEPTH', `expected a prefetch depth of 0 or more, found ${prefetchDepth}.`)
    }
    this.plan(0)
  }

  /** The index lists of an epoch, one a batch. @throws ConfigError if `dropLast` leaves none */
  plan(epoch: number): readonly (readonly number[])[] {
    if (this.planned?.epoch !== epoch) {
      const { lengths, shuffle = false, seed = 0 } = this.options
      const batches = planBatches(lengths, { ...this.options, shuffle, seed, epoch })
      if (batches.length === 0) {
        throw new ConfigError(
          'NO_BATCHES',
          `${lengths.length} items do not fill one batch of ${this.options.batchSize} and the last is dropped: ` +
            'choose a smaller batch size or keep the last batch.',
        )
      }
      this.planned = { epoch, batches }
    }
    return this.planned.batches
  }

  /** How many batches an epoch has; with a token budget and shuffling epochs may differ. */
  batchesPerEpoch(epoch = 0): number {
    return this.plan(epoch).length
  }

  /**
   * The batches of an epoch, from `startBatch` (default 0) on.
   * @throws ConfigError if `startBatch` is beyond the end; the end itself gives no batches
   */
  batches(epoch: number, { startBatch = 0 }: { startBatch?: number } = {}): AsyncIterable<B> {
    const plan = this.plan(epoch)
    if (!Number.isInteger(startBatch) || startBatch < 0 || startBatch > plan.length) {
      throw new ConfigError(
        'START_BATCH',
        `cannot start epoch ${epoch} at batch ${startBatch}: it has ${plan.length} batches. ` +
          'Resume with the data and batch size that the run began with.',
      )
    }
    const { collate, prefetchDepth = 2 } = this.options
    const made = (async function* () {
      for (let batch = startBatch; batch < plan.length; batch++) yield await collate([...plan[batch]], { epoch, batch })
    })()
    return prefetchDepth === 0 ? made : prefetch(made, prefetchDepth)
  }

  [Symbol.asyncIterator](): AsyncIterator<B> {
    return this.batches(this.nextEpoch++)[Symbol.asyncIterator]()
  }
}

/**
 * A loader of items that are in memory.
 *
 * ```ts
 * const loader = createLoader({ items, collate: collateClassification, batchSize: 16, shuffle: true, seed: 42 })
 * ```
 * @throws as `DataLoader`
 */
export function createLoader<T extends { ids: ArrayLike<number> }, B>(options: LoaderOptions<T, B>): DataLoader<B> {
  const { items, collate, ...rest } = options
  return new DataLoader<B>({
    ...rest,
    lengths: items.map(({ ids }) => ids.length),
    collate: (indices, context) =>
      collate(
        indices.map((index) => items[index]),
        { ...context, indices },
      ),
  })
}
