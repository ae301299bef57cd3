import { ConfigError } from '../core/errors.ts'
import type { LossOptions } from '../models/loss-options.ts'
import type { EncoderModel } from '../models/model.ts'
import type { TrainingSession } from '../models/training-session.ts'
import type { CheckpointStore } from './checkpoint-store.ts'
import type { ComputeMetrics } from './compute-metrics.ts'
import { type EvaluationItems, type EvaluationSet, evaluationSets, noEvaluationData } from './evaluation-sets.ts'
import { lossOptions } from './loss-settings.ts'
import { createOptimizer } from './optimizers/registry.ts'
import { initialPlateau } from './plateau.ts'
import { reinitializeLayers } from './reinitialize.ts'
import { trainedParameters } from './trained-parameters.ts'
import type { EndReason, TrainerCallback, TrainerEvent } from './trainer-events.ts'
import { initialState, type TrainerState } from './trainer-state.ts'
import { type TrainingArguments, trainingArguments } from './training-arguments.ts'
import { TrainingRun } from './training-run.ts'
import { type BatchMaker, type TrainingPhase, TrainingSteps } from './training-steps.ts'

export type { CheckpointStore } from './checkpoint-store.ts'
export type { EndReason, RunControl, TrainerCallback, TrainerEvent } from './trainer-events.ts'

/** What a task gives the Trainer: how items become batches, and how a model is judged on held-out items. */
export interface TrainingTask<Item, Predictions = unknown> extends BatchMaker<Item> {
  /**
   * The classes that the labels of an item name: one for a text, one for each labelled token. Only of tasks that tell one class
   * of several, whose loss class weights, label smoothing and focal gamma apply to.
   */
  classIds?(item: Item): ArrayLike<number>
  /** `loss`, the task's metrics and those of `computeMetrics`, by name. */
  evaluate(
    model: EncoderModel,
    items: readonly Item[],
    options: EvaluateOptions<Predictions>,
  ): Promise<Record<string, number>>
}

export interface EvaluateOptions<Predictions = unknown> {
  batchSize: number
  signal?: AbortSignal
  /** Which set of several is evaluated. */
  name?: string
  /** Metrics of the user's own. */
  computeMetrics?: ComputeMetrics<Predictions>
}

export interface TrainerOptions<Item, Predictions = unknown> {
  model: EncoderModel
  task: TrainingTask<Item, Predictions>
  trainItems?: readonly Item[]
  /** In place of `trainItems`: parts of the run that follow one another under one learning rate schedule. */
  phases?: readonly TrainingPhase<Item>[]
  /** One set, or several by name, whose metrics have the name in front: `german_loss`, in the log `eval_german_loss`. */
  evalItems?: EvaluationItems<Item>
  /**
   * Metrics of one's own beside the task's in each evaluation; one of them may be `metricForBestModel`. The library's tasks of
   * fine-tuning call it, as those made with `defineTask` do.
   */
  computeMetrics?: ComputeMetrics<Predictions>
  args?: Partial<TrainingArguments>
  /** Without one nothing is saved. */
  checkpoints?: CheckpointStore
  /** Told of every event in order; may ask the run to evaluate, to save and to stop. */
  callbacks?: readonly TrainerCallback[]
  /** The same for a listener that asks for nothing; it is told first. */
  onEvent?: (event: TrainerEvent) => void
}

/** Of the whole run: a run that was resumed has the numbers of one that never stopped. */
export interface TrainResult {
  steps: number
  reason: EndReason
  /** Mean training loss over all steps. */
  loss: number
  /** Wall-clock time up to the last step and its evaluation, earlier saves included; what a kill undid is not in it. */
  seconds: number
  tokensPerSecond: number
  state: TrainerState
}

/** Trains a model: batches, schedule, evaluation, checkpoints, best model, early stopping, exact resume. */
export class Trainer<Item, Predictions = unknown> {
  readonly args: TrainingArguments
  readonly #options: TrainerOptions<Item, Predictions>
  readonly #steps: TrainingSteps<Item>
  readonly #parameters: ReturnType<typeof trainedParameters>
  readonly #loss: LossOptions | undefined
  readonly #evaluationSets: readonly EvaluationSet<Item>[]

  /** @throws ConfigError if an argument is unknown or out of range, and as TrainingSteps, `trainedParameters` and `lossOptions` */
  constructor(options: TrainerOptions<Item, Predictions>) {
    this.#evaluationSets = evaluationSets(options.evalItems)
    const args = trainingArguments(options.args ?? {}, { hasEval: this.#evaluationSets.length > 0 })
    if (args.loadBestModelAtEnd && !options.checkpoints) {
      throw new ConfigError('BEST_MODEL', 'loadBestModelAtEnd needs checkpoints to load from: give the trainer a store')
    }
    if (args.reportTo.length > 0) {
      throw new ConfigError(
        'REPORT_TO',
        'reportTo is for finetune and pretrain, which have an output folder: give the trainer callbacks, such as ' +
          'jsonLinesLogger(path) and tensorBoardLogger(folder)',
      )
    }
    this.args = args
    this.#parameters = trainedParameters(options.model, args)
    this.#options = options
    const { trainItems, phases, task } = options
    if ((trainItems === undefined) === (phases === undefined)) {
      throw new ConfigError('TRAIN_ITEMS', 'give the trainer either trainItems or phases')
    }
    this.#steps = new TrainingSteps(phases ?? [{ items: trainItems!, share: 1 }], task, args)
    this.#loss = lossOptions(args, task, options.model, allItems(options))
  }

  /** Optimiser steps of the whole run. */
  get totalSteps(): number {
    return this.#steps.total
  }

  /**
   * Runs the training.
   * @param options.resume go on from the newest checkpoint, if there is one: the result is that of a run that never stopped
   * @param options.signal stops after the step under way and its evaluation, and saves a checkpoint
   * @throws ConfigError for `resume` without a store, and as the store's `begin` and `load`
   */
  async train({ resume = false, signal }: { resume?: boolean; signal?: AbortSignal } = {}): Promise<TrainResult> {
    const { model, checkpoints } = this.#options
    const { args } = this
    if (resume && !checkpoints) {
      throw new ConfigError(
        'RESUME',
        'resume needs checkpoints to go on from: give the trainer a store, such as FolderCheckpoints',
      )
    }
    const session = await this.#compile()
    const resumedFrom = resume ? await checkpoints?.latest() : undefined
    const state = resumedFrom ? await checkpoints!.load(resumedFrom, model, session) : this.#initialState()
    if (!resumedFrom) {
      await reinitializeLayers(model, args.reinitializeLayers, args.seed)
      await checkpoints?.begin(model, { resume })
    }
    const { onEvent, callbacks = [] } = this.#options
    const run = new TrainingRun({
      model,
      session,
      state,
      args,
      steps: this.#steps,
      evaluationSets: this.#evaluationSets,
      evaluate: (items, name) => this.#evaluate(items, { name }),
      checkpoints,
      resumedFrom,
      callbacks: [...(onEvent ? [(event: TrainerEvent) => onEvent(event)] : []), ...callbacks],
    })
    const reason = await run.run(signal)
    await session.adoptAverages()
    if (reason !== 'aborted' && checkpoints) {
      if (args.loadBestModelAtEnd && state.best_model_checkpoint && state.best_global_step !== state.global_step) {
        await checkpoints.load(state.best_model_checkpoint, model)
      }
      await checkpoints.finish(model, state)
    }
    await run.end(reason)
    const totals = state.stateful_callbacks.TrainingTotals.attributes
    return {
      steps: state.global_step,
      reason,
      loss: totals.loss / Math.max(1, state.global_step),
      seconds: totals.seconds,
      tokensPerSecond: state.num_input_tokens_seen / Math.max(totals.seconds, 1e-9),
      state,
    }
  }

  /** Judges the model on the evaluation data, the first set of several, or on other items. @throws ConfigError if there are none */
  async evaluate(
    items: readonly Item[] | undefined = this.#evaluationSets[0]?.items,
    signal?: AbortSignal,
  ): Promise<Record<string, number>> {
    if (!items || items.length === 0) throw noEvaluationData()
    return this.#evaluate(items, { signal })
  }

  async #evaluate(items: readonly Item[], options: { name?: string; signal?: AbortSignal }) {
    const { model, task, computeMetrics } = this.#options
    let isCalled = false
    const compute = (predictions: Predictions) => {
      isCalled = true
      return computeMetrics!(predictions)
    }
    const batchSize = this.args.evalBatchSize
    const given = computeMetrics && { computeMetrics: compute }
    const metrics = await task.evaluate(model, items, { batchSize, ...options, ...given })
    if (!computeMetrics || isCalled) return metrics
    throw new ConfigError(
      'COMPUTE_METRICS',
      "the task's evaluate does not call options.computeMetrics: compute these metrics there",
    )
  }

  #compile(): Promise<TrainingSession> {
    const { args } = this
    return this.#options.model.compile({
      optimizer: createOptimizer(args.optimizer, {
        learningRate: args.learningRate,
        betas: [args.adamBeta1, args.adamBeta2],
        epsilon: args.adamEpsilon,
        weightDecay: args.weightDecay,
        momentum: args.momentum,
        dampening: args.dampening,
        nesterov: args.nesterov,
        learningRateDecay: args.adagradLrDecay,
        relativeStep: args.adafactorRelativeStep,
      }),
      accumulate: this.#steps.accumulate || args.autoMicroBatch,
      dropout: args.dropout,
      recompute: args.recompute,
      maxGradNorm: args.maxGradNorm,
      seed: args.seed,
      ...(args.emaDecay > 0 && { averageDecay: args.emaDecay }),
      loss: this.#loss,
      ...this.#parameters,
    })
  }

  #initialState(): TrainerState {
    const { args, totalSteps } = this
    return initialState({
      ...args,
      maxSteps: totalSteps,
      epochs: this.#steps.epochs,
      patience: args.earlyStoppingPatience,
      threshold: args.earlyStoppingThreshold,
      ...(args.lrScheduler === 'reduce_lr_on_plateau' && {
        plateau: {
          args: args.lrSchedulerSettings,
          attributes: initialPlateau(args.learningRate, args.greaterIsBetter),
        },
      }),
    })
  }
}

/** The training items of all phases. */
function* allItems<Item>({
  trainItems = [],
  phases = [],
}: Pick<TrainerOptions<Item>, 'trainItems' | 'phases'>): Generator<Item> {
  yield* trainItems
  for (const { items } of phases) yield* items
}
