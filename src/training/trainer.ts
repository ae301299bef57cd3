import { ConfigError } from '../core/errors.ts'
import type { EncoderModel } from '../models/model.ts'
import type { OptimizerState, TrainingSession } from '../models/training-session.ts'
import { GradualUnfreezing } from './gradual-unfreezing.ts'
import { createOptimizer } from './optimizers/registry.ts'
import { initialPlateau, stepPlateau } from './plateau.ts'
import { reinitializeLayers } from './reinitialize.ts'
import { scheduleFactor } from './schedule.ts'
import { trainedParameters } from './trained-parameters.ts'
import { initialState, type LogEntry, type TrainerState } from './trainer-state.ts'
import { bestMetricName, type TrainingArguments, trainingArguments } from './training-arguments.ts'
import { type BatchMaker, type TrainingPhase, TrainingSteps } from './training-steps.ts'

/** Where a run keeps its checkpoints; `training/node.ts` has the one for folders. */
export interface CheckpointStore {
  /**
   * Writes the model as it begins, so that the folder can be loaded from here on.
   * @param options.resume whether the run was to go on from a checkpoint and there is none
   * @throws ConfigError if something stands there that would be lost
   */
  begin(model: EncoderModel, options: { resume: boolean }): Promise<void>
  /** Writes model, optimiser and state as `checkpoint-STEP`, all or nothing, and returns its name. */
  save(model: EncoderModel, optimizer: OptimizerState, state: TrainerState): Promise<string>
  /** The newest complete checkpoint, or undefined. */
  latest(): Promise<string | undefined>
  /** Loads the weights of a checkpoint into the model and returns the rest. */
  load(name: string, model: EncoderModel, session?: TrainingSession): Promise<TrainerState>
  /** Deletes the oldest checkpoints until `limit` are left, never `keep`. */
  prune(limit: number, keep: string | null): Promise<void>
  /** Writes the model as the result of the run. */
  finish(model: EncoderModel, state: TrainerState): Promise<void>
}

/** What a task gives the Trainer: how items become batches, and how a model is judged on held-out items. */
export interface TrainingTask<Item> extends BatchMaker<Item> {
  /** `loss` and the task's metrics by name. */
  evaluate(
    model: EncoderModel,
    items: readonly Item[],
    options: { batchSize: number; signal?: AbortSignal },
  ): Promise<Record<string, number>>
}

/** What happens during a run, in order. */
export type TrainerEvent =
  // `epochs` are those that are begun, whether they or `maxSteps` decide the end.
  | { type: 'start'; totalSteps: number; firstStep: number; epochs: number; examples: number; resumedFrom?: string }
  | {
      type: 'step'
      step: number
      totalSteps: number
      epoch: number
      loss: number
      gradNorm: number
      learningRate: number
      tokens: number
    }
  | { type: 'log'; entry: LogEntry }
  | { type: 'evaluate-start'; step: number }
  | { type: 'evaluate'; step: number; epoch: number; metrics: Record<string, number>; best: boolean }
  | { type: 'save'; step: number; checkpoint: string }
  | { type: 'warning'; step: number; message: string }
  | { type: 'end'; step: number; reason: 'finished' | 'early-stopping' | 'aborted' }

export interface TrainerOptions<Item> {
  model: EncoderModel
  task: TrainingTask<Item>
  trainItems?: readonly Item[]
  /** In place of `trainItems`: parts of the run that follow one another under one learning rate schedule. */
  phases?: readonly TrainingPhase<Item>[]
  evalItems?: readonly Item[]
  args?: Partial<TrainingArguments>
  /** Without one nothing is saved. */
  checkpoints?: CheckpointStore
  onEvent?: (event: TrainerEvent) => void
}

/** Of the whole run: a run that was resumed has the numbers of one that never stopped. */
export interface TrainResult {
  steps: number
  reason: 'finished' | 'early-stopping' | 'aborted'
  /** Mean training loss over all steps. */
  loss: number
  /** Wall-clock time up to the last step and its evaluation, earlier saves included; what a kill undid is not in it. */
  seconds: number
  tokensPerSecond: number
  state: TrainerState
}

/** Trains a model: batches, schedule, evaluation, checkpoints, best model, early stopping, exact resume. */
export class Trainer<Item> {
  readonly args: TrainingArguments
  readonly #options: TrainerOptions<Item>
  readonly #steps: TrainingSteps<Item>
  readonly #parameters: ReturnType<typeof trainedParameters>

  /** @throws ConfigError if an argument is unknown or out of range, and as TrainingSteps and `trainedParameters` */
  constructor(options: TrainerOptions<Item>) {
    const args = trainingArguments(options.args ?? {}, { hasEval: (options.evalItems?.length ?? 0) > 0 })
    if (args.loadBestModelAtEnd && !options.checkpoints) {
      throw new ConfigError('BEST_MODEL', 'loadBestModelAtEnd needs checkpoints to load from: give the trainer a store')
    }
    this.args = args
    this.#parameters = trainedParameters(options.model, args)
    this.#options = options
    const { trainItems, phases, task } = options
    if ((trainItems === undefined) === (phases === undefined)) {
      throw new ConfigError('TRAIN_ITEMS', 'give the trainer either trainItems or phases')
    }
    this.#steps = new TrainingSteps(phases ?? [{ items: trainItems!, share: 1 }], task, args)
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
    const { args, totalSteps } = this
    if (resume && !checkpoints) {
      throw new ConfigError(
        'RESUME',
        'resume needs checkpoints to go on from: give the trainer a store, such as FolderCheckpoints',
      )
    }
    const session = await model.compile({
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
      accumulate: this.#steps.accumulate,
      dropout: args.dropout,
      recompute: args.recompute,
      maxGradNorm: args.maxGradNorm,
      seed: args.seed,
      ...this.#parameters,
    })
    const resumedFrom = resume ? await checkpoints?.latest() : undefined
    const state = resumedFrom ? await checkpoints!.load(resumedFrom, model, session) : this.#initialState()
    if (!resumedFrom) {
      await reinitializeLayers(model, args.reinitializeLayers, args.seed)
      await checkpoints?.begin(model, { resume })
    }
    const schedule = {
      warmupSteps: args.warmupSteps || Math.ceil(args.warmupRatio * totalSteps),
      totalSteps,
      learningRate: args.learningRate,
      settings: args.lrSchedulerSettings,
    }
    const unfrozen = state.stateful_callbacks.GradualUnfreezing?.attributes
    const unfreezing = unfrozen && new GradualUnfreezing(model, session, args, unfrozen)
    const plateau = state.stateful_callbacks.ReduceLROnPlateau?.attributes
    this.#emit({
      type: 'start',
      totalSteps,
      firstStep: state.global_step,
      epochs: state.num_train_epochs,
      examples: this.#steps.items,
      resumedFrom,
    })

    const totals = state.stateful_callbacks.TrainingTotals.attributes
    const started = performance.now() - totals.seconds * 1000
    let lastSaved = resumedFrom ? state.global_step : -1
    let lastSavedAt = started
    let reason: TrainResult['reason'] = 'finished'

    const readClock = () => {
      // What the newest checkpoint has stays, so that to resume a run that is done changes nothing.
      if (lastSaved !== state.global_step) totals.seconds = (performance.now() - started) / 1000
    }
    const save = async () => {
      if (!checkpoints || lastSaved === state.global_step) return
      readClock()
      if (state.best_global_step === state.global_step) state.best_model_checkpoint = `checkpoint-${state.global_step}`
      const name = await checkpoints.save(model, await session.state(), state)
      lastSaved = state.global_step
      lastSavedAt = performance.now()
      this.#emit({ type: 'save', step: state.global_step, checkpoint: name })
      await checkpoints.prune(args.saveTotalLimit, state.best_model_checkpoint)
    }

    // A run that was killed between its early stop and its end has nothing left to train.
    const lastStep = this.#patienceIsOver(state) ? state.global_step : totalSteps
    if (lastStep < totalSteps) reason = 'early-stopping'
    for await (const { batches, epochEnd, epoch } of this.#steps.between(state.global_step, lastStep)) {
      const learningRate =
        plateau?.last_lr ?? args.learningRate * scheduleFactor(args.lrScheduler, state.global_step, schedule)
      await unfreezing?.before({ done: state.global_step, epoch })
      const { loss, gradNorm } = await session.step(batches, { learningRate })
      state.global_step += 1
      state.epoch = epoch
      const tokens = batches.reduce((sum, batch) => sum + batch.tokens, 0)
      state.num_input_tokens_seen += tokens
      totals.loss += loss
      totals.unlogged_loss += loss
      totals.unlogged_steps += 1
      const step = state.global_step
      this.#emit({ type: 'step', step, totalSteps, epoch, loss, gradNorm, learningRate, tokens })
      if (!Number.isFinite(gradNorm) || !Number.isFinite(loss)) {
        const message = `loss ${loss}, gradient norm ${gradNorm}: this step changed nothing; lower the learning rate if it happens again`
        this.#emit({ type: 'warning', step, message })
      }
      const last = step >= totalSteps
      if (step % args.loggingSteps === 0 || step === 1 || last) {
        this.#log(state, {
          step,
          epoch,
          loss: totals.unlogged_loss / totals.unlogged_steps,
          grad_norm: gradNorm,
          learning_rate: learningRate,
        })
        totals.unlogged_loss = 0
        totals.unlogged_steps = 0
      }
      const due = (strategy: TrainingArguments['evalStrategy'], every: number) =>
        strategy === 'steps' ? step % every === 0 || last : strategy === 'epoch' && (epochEnd || last)
      let improved = false
      // Not cut short by the signal: a resumed run must find the evaluations that a run without a stop has.
      if (due(args.evalStrategy, args.evalSteps)) improved = await this.#evaluate(state)
      // The best model must be on disk to be loaded at the end.
      const overdue = args.saveMinutes > 0 && performance.now() - lastSavedAt >= args.saveMinutes * 60_000
      if (due(args.saveStrategy, args.saveSteps) || overdue || (improved && args.loadBestModelAtEnd)) await save()
      if (this.#patienceIsOver(state)) {
        reason = 'early-stopping'
        break
      }
      if (signal?.aborted) {
        await save()
        reason = 'aborted'
        break
      }
    }
    readClock()
    if (reason !== 'aborted' && checkpoints) {
      if (args.loadBestModelAtEnd && state.best_model_checkpoint && state.best_global_step !== state.global_step) {
        await checkpoints.load(state.best_model_checkpoint, model)
      }
      await checkpoints.finish(model, state)
    }
    this.#emit({ type: 'end', step: state.global_step, reason })
    return {
      steps: state.global_step,
      reason,
      loss: totals.loss / Math.max(1, state.global_step),
      seconds: totals.seconds,
      tokensPerSecond: state.num_input_tokens_seen / Math.max(totals.seconds, 1e-9),
      state,
    }
  }

  /** Judges the model on the evaluation data, or on other items. @throws ConfigError if there are none */
  async evaluate(
    items: readonly Item[] | undefined = this.#options.evalItems,
    signal?: AbortSignal,
  ): Promise<Record<string, number>> {
    if (!items || items.length === 0) throw new ConfigError('NO_EVAL_DATA', 'there is no data to evaluate on')
    return this.#options.task.evaluate(this.#options.model, items, { batchSize: this.args.evalBatchSize, signal })
  }

  /** Evaluates, logs, notes whether it is the best so far, and tells the schedule if that waits for it. */
  async #evaluate(state: TrainerState): Promise<boolean> {
    const { args } = this
    const { global_step: step, epoch } = state
    this.#emit({ type: 'evaluate-start', step })
    const started = performance.now()
    const metrics = await this.evaluate()
    const runtime = (performance.now() - started) / 1000
    const entry: LogEntry = { step, epoch }
    for (const [name, value] of Object.entries(metrics)) entry[`eval_${name}`] = value
    entry.eval_runtime = runtime
    entry.eval_samples_per_second = this.#options.evalItems!.length / runtime
    const name = bestMetricName(args)
    const value = metrics[name]
    if (value === undefined) {
      throw new ConfigError(
        'METRIC',
        `metricForBestModel "${name}" is not computed; there are ${Object.keys(metrics).join(', ')}`,
      )
    }
    // NaN is better than nothing else, not even than no value.
    const before = state.best_metric ?? (args.greaterIsBetter ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY)
    const gain = (value - before) * (args.greaterIsBetter ? 1 : -1)
    const best = gain > 0
    if (best) {
      state.best_metric = value
      state.best_global_step = step
    }
    const stopping = state.stateful_callbacks.EarlyStoppingCallback?.attributes
    if (stopping) {
      stopping.early_stopping_patience_counter =
        gain > args.earlyStoppingThreshold ? 0 : stopping.early_stopping_patience_counter + 1
    }
    const plateau = state.stateful_callbacks.ReduceLROnPlateau
    if (plateau) stepPlateau(plateau.attributes, value, args.lrSchedulerSettings, args.greaterIsBetter)
    this.#log(state, entry)
    this.#emit({ type: 'evaluate', step, epoch, metrics, best })
    return best
  }

  #patienceIsOver(state: TrainerState): boolean {
    const stopping = state.stateful_callbacks.EarlyStoppingCallback
    return (
      stopping !== undefined && stopping.attributes.early_stopping_patience_counter >= this.args.earlyStoppingPatience
    )
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

  #log(state: TrainerState, entry: LogEntry): void {
    state.log_history.push(entry)
    this.#emit({ type: 'log', entry })
  }

  #emit(event: TrainerEvent): void {
    this.#options.onEvent?.(event)
  }
}
