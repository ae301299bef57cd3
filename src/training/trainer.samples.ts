/** A Trainer on a model that computes nothing, for tests of its course. */
import { expect } from 'vitest'
import { collateSequences } from '../data/collator.ts'
import type { ModelBatch } from '../models/batch-inputs.ts'
import type { EncoderModel } from '../models/model.ts'
import type { CompileOptions } from '../models/training-session.ts'
import {
  type CheckpointStore,
  Trainer,
  type TrainerCallback,
  type TrainerEvent,
  type TrainerOptions,
} from './trainer.ts'
import type { TrainerState } from './trainer-state.ts'
import type { TrainingArguments } from './training-arguments.ts'

/** What happened in a run, besides its events. */
export interface Course {
  compiled: CompileOptions[]
  /** Of each step. */
  rates: number[]
  microBatches: number[]
  tokens: number[]
  /** Calls of the store. */
  calls: string[]
  /** What the store was given to save. */
  saves: TrainerState[]
  /** The number of the step whose weights the model has. */
  weights: number
  events: TrainerEvent[]
}

/** Settings of a run and what its model answers. */
export interface RunOptions {
  args?: Partial<TrainingArguments>
  /** Lengths of the training items; default a dozen of one token. */
  items?: number[]
  /** `loss` of each evaluation, or all its metrics. */
  evaluations?: (number | Record<string, number>)[]
  /** Loss of each step; default 1. */
  losses?: number[]
  checkpoints?: boolean
  onEvent?: (event: TrainerEvent) => void
  callbacks?: TrainerCallback[]
  /** In place of one set with an item 5. */
  evalItems?: TrainerOptions<number>['evalItems']
  /** Parts of a task in place of the usual ones. */
  task?: Partial<TrainerOptions<number>['task']>
  computeMetrics?: TrainerOptions<number>['computeMetrics']
}

/** Makes a trainer; `course` fills up while it trains. */
export function prepare({
  args,
  items = Array(12).fill(1),
  evaluations,
  losses = [],
  checkpoints,
  onEvent,
  callbacks,
  evalItems = [5],
  task,
  computeMetrics,
}: RunOptions) {
  const course: Course = {
    compiled: [],
    rates: [],
    microBatches: [],
    tokens: [],
    calls: [],
    saves: [],
    weights: 0,
    events: [],
  }
  const model = {
    config: { labels: ['a', 'b'] },
    async compile(options: CompileOptions) {
      course.compiled.push(options)
      return {
        async step(batches: ModelBatch[], { learningRate }: { learningRate: number }) {
          course.rates.push(learningRate)
          course.microBatches.push(batches.length)
          course.tokens.push(batches.reduce((sum, batch) => sum + batch.tokens, 0))
          course.weights++
          const loss = losses[course.rates.length - 1] ?? 1
          return { loss, gradNorm: loss / 2 }
        },
        state: async () => ({ step: course.weights, slots: {} }),
        gradients: async () => ({ loss: 1, gradNorm: 1, gradients: {} }),
        withAverages: (use: () => Promise<unknown>) => use(),
        adoptAverages: async () => {},
      }
    },
  } as unknown as EncoderModel
  const store: CheckpointStore = {
    async begin() {
      course.calls.push('begin')
    },
    async save(_model, optimizer, state) {
      if (optimizer) expect(optimizer.step).toBe(state.global_step)
      course.calls.push(`save ${state.global_step}`)
      course.saves.push(structuredClone(state))
      return `checkpoint-${state.global_step}`
    },
    latest: async () => undefined,
    async load(name) {
      course.calls.push(`load ${name}`)
      course.weights = Number(name.slice('checkpoint-'.length))
      return {} as TrainerState
    },
    async prune(limit, keep) {
      course.calls.push(`prune to ${limit}${keep ? `, keep ${keep}` : ''}`)
    },
    async finish() {
      course.calls.push(`finish with ${course.weights}`)
    },
  }
  let evaluated = 0
  const options: TrainerOptions<number> = {
    model,
    task: {
      length: (item) => item,
      collate: (lengths) =>
        collateSequences(lengths.map((length) => ({ ids: new Int32Array(length), typeIds: new Int32Array(length) }))),
      async evaluate(_model, given) {
        if (Array.isArray(evalItems)) expect(given).toEqual([5])
        const result = evaluations![evaluated++]
        return typeof result === 'number' ? { loss: result } : result
      },
      ...task,
    },
    trainItems: items,
    ...(evaluations && { evalItems }),
    computeMetrics,
    args: { batchSize: 4, ...args },
    ...(checkpoints && { checkpoints: store }),
    callbacks,
    onEvent: (event) => {
      course.events.push(event)
      onEvent?.(event)
    },
  }
  return { trainer: new Trainer(options), course }
}

/** Makes a trainer and trains. */
export async function run(options: RunOptions, train: Parameters<Trainer<number>['train']>[0] = {}) {
  const { trainer, course } = prepare(options)
  const result = await trainer.train(train)
  return { ...course, result, state: result.state }
}

/** Events as short texts. */
export const brief = (events: readonly TrainerEvent[]) =>
  events.map((event) => {
    if (event.type === 'log') return `log ${event.entry.step} ${'loss' in event.entry ? 'loss' : 'eval'}`
    if (event.type === 'start') return `start at ${event.firstStep} of ${event.totalSteps}`
    if (event.type === 'end') return `end ${event.step} ${event.reason}`
    return `${event.type} ${event.step}`
  })
/** The steps of all events of a type. */
export const stepsOf = (events: readonly TrainerEvent[], type: TrainerEvent['type']) =>
  events.flatMap((event) => (event.type === type && 'step' in event ? [event.step] : []))
