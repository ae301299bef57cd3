import { ConfigError } from '../core/errors.ts'
import { type BatchContext, DataLoader } from '../data/loader.ts'
import type { ModelBatch } from '../models/batch-inputs.ts'
import type { TrainingArguments } from './training-arguments.ts'

/** A part of a run with items of its own, such as longer texts towards the end of pre-training. */
export interface TrainingPhase<Item> {
  items: readonly Item[]
  /** Share of the run: of its `maxSteps` or else of its `epochs`. Those of all phases add up to 1. */
  share: number
  /** Default: that of the training arguments, as the next. */
  batchSize?: number
  gradientAccumulationSteps?: number
}

/** The micro-batches of one optimiser step. */
export interface TrainingStep {
  batches: ModelBatch[]
  /** Passes over the training data that are done after this step. */
  epoch: number
  epochEnd: boolean
}

/** How items become batches. */
export interface BatchMaker<Item> {
  /** Tokens of an item. */
  length(item: Item): number
  collate(items: readonly Item[], context: BatchContext): ModelBatch
}

/** All steps of a run, phase after phase; each is a function of the seed and its number, so that a run can go on anywhere. */
export class TrainingSteps<Item> {
  /** Optimiser steps of the whole run. */
  readonly total: number
  /** Passes over the training data that the run begins. */
  readonly epochs: number
  /** Items of all phases. */
  readonly items: number
  /** Whether a step may have several batches. */
  readonly accumulate: boolean
  readonly #phases: { steps: PhaseSteps<Item>; first: number; end: number; epochsBefore: number }[] = []

  /** @throws ConfigError for shares that do not add up to 1, a phase without items or steps, and as the DataLoader */
  constructor(phases: readonly TrainingPhase<Item>[], maker: BatchMaker<Item>, args: TrainingArguments) {
    requireShares(phases)
    let first = 0
    let share = 0
    let epochsBefore = 0
    for (const [number, phase] of phases.entries()) {
      // Passes count on from phase to phase, so that the same numbers of other items get other random numbers.
      const steps = new PhaseSteps(phase, maker, args, Math.ceil(epochsBefore))
      share += phase.share
      const end =
        args.maxSteps > 0 ? Math.round(share * args.maxSteps) : first + steps.stepsOfEpochs(phase.share * args.epochs)
      if (end === first) {
        throw new ConfigError(
          'PHASES',
          `phase ${number + 1} has no step: the run is too short for a share of ${phase.share}`,
        )
      }
      this.#phases.push({ steps, first, end, epochsBefore })
      epochsBefore += steps.epochAt(end - first)
      first = end
    }
    this.total = first
    this.epochs = Math.ceil(epochsBefore)
    this.accumulate = phases.some((phase) => (phase.gradientAccumulationSteps ?? args.gradientAccumulationSteps) > 1)
    this.items = phases.reduce((sum, { items }) => sum + items.length, 0)
  }

  /** The steps from number `start` to before number `end`, both from 0. */
  async *between(start: number, end: number): AsyncGenerator<TrainingStep> {
    for (const phase of this.#phases) {
      const from = Math.max(start, phase.first)
      const to = Math.min(end, phase.end)
      if (from >= to) continue
      for await (const step of phase.steps.between(from - phase.first, to - phase.first)) {
        yield { ...step, epoch: phase.epochsBefore + step.epoch }
      }
    }
  }
}

/** @throws ConfigError unless the shares are above 0 and add up to 1 */
export function requireShares(phases: readonly { share: number }[]): void {
  const sum = phases.reduce((sum, { share }) => sum + share, 0)
  if (phases.every(({ share }) => share > 0) && Math.abs(sum - 1) <= 1e-6) return
  const shares = phases.map(({ share }) => share).join(' + ')
  throw new ConfigError('PHASES', `phases must have shares above 0 that add up to 1, not ${shares}`)
}

/** The steps of one phase; steps and epochs count from its beginning. */
class PhaseSteps<Item> {
  readonly #loader: DataLoader<ModelBatch>
  readonly #accumulation: number
  readonly #firstEpoch: number
  readonly #stepsBeforeEpoch: number[] = [0]

  constructor(
    { items, batchSize, gradientAccumulationSteps }: TrainingPhase<Item>,
    maker: BatchMaker<Item>,
    args: TrainingArguments,
    firstEpoch: number,
  ) {
    this.#accumulation = gradientAccumulationSteps ?? args.gradientAccumulationSteps
    if (!Number.isInteger(this.#accumulation) || this.#accumulation < 1) {
      throw new ConfigError(
        'PHASES',
        `gradientAccumulationSteps of a phase must be a whole number from 1, not ${this.#accumulation}`,
      )
    }
    this.#firstEpoch = firstEpoch
    this.#loader = new DataLoader({
      lengths: items.map((item) => maker.length(item)),
      collate: (indices, context) =>
        maker.collate(
          indices.map((index) => items[index]),
          context,
        ),
      batchSize: batchSize ?? args.batchSize,
      tokenBudget: args.tokenBudget || undefined,
      groupByLength: args.groupByLength || args.trainSamplingStrategy === 'group_by_length',
      shuffle: args.trainSamplingStrategy !== 'sequential',
      dropLast: args.dataloaderDropLast,
      seed: args.dataSeed ?? args.seed,
    })
  }

  /** Steps of so many passes; the last need not be whole. */
  stepsOfEpochs(epochs: number): number {
    const whole = Math.floor(epochs)
    const rest = epochs - whole
    return this.#stepsBefore(whole) + (rest === 0 ? 0 : Math.ceil(rest * this.#stepsOfEpoch(whole)))
  }

  /** Passes that are done after so many steps. */
  epochAt(steps: number): number {
    const epoch = this.#epochOf(steps)
    return epoch + (steps - this.#stepsBefore(epoch)) / this.#stepsOfEpoch(epoch)
  }

  async *between(start: number, end: number): AsyncGenerator<TrainingStep> {
    const size = this.#accumulation
    let step = start
    for (let epoch = this.#epochOf(start); step < end; epoch++) {
      const inEpoch = this.#stepsOfEpoch(epoch)
      const before = this.#stepsBefore(epoch)
      const batchesInEpoch = this.#loader.batchesPerEpoch(this.#firstEpoch + epoch)
      let batches: ModelBatch[] = []
      const from = { startBatch: (step - before) * size }
      for await (const batch of this.#loader.batches(this.#firstEpoch + epoch, from)) {
        batches.push(batch)
        const done = step - before + 1
        // The last step of an epoch takes what is left.
        if (batches.length < Math.min(size, batchesInEpoch - (done - 1) * size)) continue
        yield { batches, epochEnd: done === inEpoch, epoch: epoch + done / inEpoch }
        batches = []
        if (++step >= end) return
      }
    }
  }

  #stepsOfEpoch(epoch: number): number {
    return Math.ceil(this.#loader.batchesPerEpoch(this.#firstEpoch + epoch) / this.#accumulation)
  }

  /** Steps of all epochs before this one. */
  #stepsBefore(epoch: number): number {
    const sums = this.#stepsBeforeEpoch
    while (sums.length <= epoch) sums.push(sums[sums.length - 1] + this.#stepsOfEpoch(sums.length - 1))
    return sums[epoch]
  }

  #epochOf(step: number): number {
    let epoch = 0
    while (this.#stepsBefore(epoch + 1) <= step) epoch++
    return epoch
  }
}
