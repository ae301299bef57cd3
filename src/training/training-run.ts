import type { ModelBatch } from '../models/batch-inputs.ts'
import type { EncoderModel } from '../models/model.ts'
import type { TrainingSession } from '../models/training-session.ts'
import { isOutOfMemory } from '../runtime/out-of-memory.ts'
import { checkAccumulation } from './accumulation-check.ts'
import type { CheckpointStore } from './checkpoint-store.ts'
import { type EvaluationSet, metricAmong, namedMetrics, noEvaluationData } from './evaluation-sets.ts'
import { GradualUnfreezing } from './gradual-unfreezing.ts'
import { judgeEvaluation, patienceIsOver } from './judge-evaluation.ts'
import { stepWithinMemory } from './micro-batches.ts'
import { scheduleFactor } from './schedule.ts'
import type { EndReason, RunControl, TrainerCallback, TrainerEvent } from './trainer-events.ts'
import type { LogEntry, TrainerState, TrainingTotals } from './trainer-state.ts'
import { bestMetricName, type Strategy, type TrainingArguments } from './training-arguments.ts'
import type { TrainingStep, TrainingSteps } from './training-steps.ts'

/** What a run is made of. */
export interface RunParts<Item> {
  model: EncoderModel
  session: TrainingSession
  /** Kept up to date. */
  state: TrainerState
  args: TrainingArguments
  steps: TrainingSteps<Item>
  evaluationSets: readonly EvaluationSet<Item>[]
  /** `loss` and the task's metrics of a set of items. */
  evaluate(items: readonly Item[], name: string | undefined): Promise<Record<string, number>>
  checkpoints?: CheckpointStore
  resumedFrom?: string
  callbacks: readonly TrainerCallback[]
}

/** What callbacks have asked for and not got yet. */
interface Requests {
  stop: boolean
  evaluate: boolean
  save: boolean
}

/** The course of one call of `Trainer.train`: steps, evaluations, checkpoints, and who is told of them. */
export class TrainingRun<Item> {
  readonly #parts: RunParts<Item>
  readonly #unfreezing: GradualUnfreezing | undefined
  readonly #requests: Requests = { stop: false, evaluate: false, save: false }
  readonly #control: RunControl
  /** Of the whole run, time before a resume included. */
  readonly #started: number
  #lastSaved: number
  #lastSavedAt: number
  #isChecked = false

  constructor(parts: RunParts<Item>) {
    const { model, session, args, state, resumedFrom } = parts
    this.#parts = parts
    const unfrozen = state.stateful_callbacks.GradualUnfreezing?.attributes
    this.#unfreezing = unfrozen && new GradualUnfreezing(model, session, args, unfrozen)
    this.#started = performance.now() - this.#totals.seconds * 1000
    this.#lastSaved = resumedFrom ? state.global_step : -1
    this.#lastSavedAt = this.#started
    const requests = this.#requests
    this.#control = {
      model,
      args,
      state,
      stop() {
        requests.stop = true
      },
      evaluate() {
        requests.evaluate = true
      },
      save() {
        requests.save = true
      },
    }
  }

  /** Runs to the end, or until the signal or a callback stops it. */
  async run(signal?: AbortSignal): Promise<EndReason> {
    const { state, steps, args, resumedFrom } = this.#parts
    await this.#emit({
      type: 'start',
      totalSteps: steps.total,
      firstStep: state.global_step,
      epochs: state.num_train_epochs,
      examples: steps.items,
      resumedFrom,
    })
    // A run that was killed between its early stop and its end has nothing left to train.
    const isOver = patienceIsOver(state, args)
    if (args.evalOnStart && state.global_step === 0) await this.#evaluate({ counts: false })
    const reason = isOver && state.global_step < steps.total ? 'early-stopping' : await this.#train(signal)
    this.#readClock()
    return reason
  }

  async #train(signal?: AbortSignal): Promise<EndReason> {
    const { state, steps, args } = this.#parts
    for await (const next of steps.between(state.global_step, steps.total)) {
      await this.#takeStep(next)
      const due = this.#dueAfter(next)
      let improved = false
      // Not cut short by the signal: a resumed run must find the evaluations that a run without a stop has.
      if (due.evaluation()) improved = await this.#evaluate()
      // The best model must be on disk to be loaded at the end.
      if (due.checkpoint(improved) || (improved && args.loadBestModelAtEnd)) await this.#save()
      if (next.epochEnd) {
        await this.#emit({ type: 'epoch-end', step: state.global_step, epoch: Math.round(next.epoch) })
      }
      if (patienceIsOver(state, args)) return 'early-stopping'
      if (this.#requests.stop) return state.global_step < steps.total ? 'stopped' : 'finished'
      if (signal?.aborted) {
        await this.#save()
        return 'aborted'
      }
    }
    return 'finished'
  }

  async #takeStep({ batches, epoch, epochEnd }: TrainingStep): Promise<void> {
    const { session, state, steps, args } = this.#parts
    const totals = this.#totals
    const learningRate = this.#learningRate()
    await this.#unfreezing?.before({ done: state.global_step, epoch })
    await this.#checkAccumulation(batches)
    const { loss, gradNorm } = args.autoMicroBatch
      ? await this.#stepWithinMemory(batches, learningRate)
      : await session.step(batches, { learningRate })
    state.global_step += 1
    state.epoch = epoch
    const tokens = batches.reduce((sum, batch) => sum + batch.tokens, 0)
    state.num_input_tokens_seen += tokens
    totals.loss += loss
    totals.unlogged_loss += loss
    totals.unlogged_steps += 1
    const step = state.global_step
    await this.#emit({ type: 'step', step, totalSteps: steps.total, epoch, loss, gradNorm, learningRate, tokens })
    if (!Number.isFinite(gradNorm) || !Number.isFinite(loss)) {
      const message = `loss ${loss}, gradient norm ${gradNorm}: this step changed nothing; lower the learning rate if it happens again`
      await this.#emit({ type: 'warning', step, message, code: 'NOT_FINITE' })
    }
    if (this.#isLogged(epochEnd)) {
      const mean = totals.unlogged_loss / totals.unlogged_steps
      totals.unlogged_loss = 0
      totals.unlogged_steps = 0
      await this.#log({ step, epoch, loss: mean, grad_norm: gradNorm, learning_rate: learningRate })
    }
  }

  /** Once a run, before its first step of several batches. */
  async #checkAccumulation(batches: readonly ModelBatch[]): Promise<void> {
    const { session, state, args } = this.#parts
    if (!args.accumulationCheck || this.#isChecked || batches.length < 2) return
    this.#isChecked = true
    const step = state.global_step
    try {
      const difference = await checkAccumulation(session, batches)
      await this.#emit({ type: 'accumulation-check', step, microBatches: batches.length, difference })
    } catch (error) {
      if (!isOutOfMemory(error)) throw error
      // Micro-batches of one example are compared with a batch of two, for which there may be no memory.
      const message =
        'memory ran out while micro-batches were compared with one batch; the run goes on without that check'
      await this.#emit({ type: 'warning', step, message, code: 'OUT_OF_MEMORY' })
    }
  }

  #stepWithinMemory(batches: readonly ModelBatch[], learningRate: number) {
    const { session, state } = this.#parts
    const { AutoMicroBatch = { args: {}, attributes: { parts: 1 } } } = state.stateful_callbacks
    return stepWithinMemory(session, batches, { learningRate }, AutoMicroBatch.attributes, (message) => {
      state.stateful_callbacks.AutoMicroBatch = AutoMicroBatch
      return this.#emit({ type: 'warning', step: state.global_step + 1, message, code: 'OUT_OF_MEMORY' })
    })
  }

  /** Of the step that comes next. */
  #learningRate(): number {
    const { state, args, steps } = this.#parts
    const plateau = state.stateful_callbacks.ReduceLROnPlateau?.attributes
    if (plateau) return plateau.last_lr
    const factor = scheduleFactor(args.lrScheduler, state.global_step, {
      warmupSteps: args.warmupSteps || Math.ceil(args.warmupRatio * steps.total),
      totalSteps: steps.total,
      learningRate: args.learningRate,
      settings: args.lrSchedulerSettings,
    })
    return args.learningRate * factor
  }

  #isLogged(epochEnd: boolean): boolean {
    const { args, state } = this.#parts
    if (args.loggingStrategy === 'no') return false
    if (this.#isLast() || (state.global_step === 1 && args.loggingFirstStep)) return true
    return args.loggingStrategy === 'epoch' ? epochEnd : state.global_step % args.loggingSteps === 0
  }

  /** What follows the step just taken. Asked late, since callbacks may have a wish up to then. */
  #dueAfter({ epoch, epochEnd }: TrainingStep) {
    const { args, state } = this.#parts
    const step = state.global_step
    const due = (strategy: Strategy, every: number) =>
      strategy === 'steps' ? step % every === 0 || this.#isLast() : strategy === 'epoch' && (epochEnd || this.#isLast())
    return {
      evaluation: () => {
        const delayed = !this.#isLast() && (args.evalStrategy === 'steps' ? step : epoch) < args.evalDelay
        return this.#requests.evaluate || (due(args.evalStrategy, args.evalSteps) && !delayed)
      },
      checkpoint: (improved: boolean) => {
        const { saveStrategy, saveMinutes } = args
        const overdue = saveMinutes > 0 && performance.now() - this.#lastSavedAt >= saveMinutes * 60_000
        const isDue = saveStrategy === 'best' ? improved : due(saveStrategy, args.saveSteps)
        return this.#requests.save || isDue || overdue
      },
    }
  }

  /** Whether the step just taken ends the run. */
  #isLast(): boolean {
    const { state, steps } = this.#parts
    return this.#requests.stop || state.global_step >= steps.total
  }

  /**
   * Evaluates on each set and logs it.
   * @param options.counts whether it can be the best and is told to early stopping and schedule; default true
   * @returns whether it is the best so far
   */
  async #evaluate({ counts = true }: { counts?: boolean } = {}): Promise<boolean> {
    const { state, args, session, evaluationSets, evaluate } = this.#parts
    const { global_step: step, epoch } = state
    this.#requests.evaluate = false
    if (evaluationSets.length === 0) throw noEvaluationData()
    await this.#emit({ type: 'evaluate-start', step })
    const metrics: Record<string, number> = {}
    const entries: LogEntry[] = []
    for (const { name, items } of evaluationSets) {
      const started = performance.now()
      const found = await session.withAverages(() => evaluate(items, name))
      const runtime = (performance.now() - started) / 1000
      const timed = namedMetrics(name, { ...found, runtime, samples_per_second: items.length / runtime })
      entries.push({
        step,
        epoch,
        ...Object.fromEntries(Object.entries(timed).map(([key, value]) => [`eval_${key}`, value])),
      })
      Object.assign(metrics, namedMetrics(name, found))
    }
    const value = metricAmong(metrics, bestMetricName(args), evaluationSets)
    const best = counts && judgeEvaluation(state, args, value)
    for (const entry of entries) await this.#log(entry)
    await this.#emit({ type: 'evaluate', step, epoch, metrics, best })
    return best
  }

  async #save(): Promise<void> {
    const { checkpoints, model, session, state, args } = this.#parts
    this.#requests.save = false
    if (!checkpoints || this.#lastSaved === state.global_step) return
    this.#readClock()
    if (state.best_global_step === state.global_step) state.best_model_checkpoint = `checkpoint-${state.global_step}`
    const optimizer = args.saveOnlyModel ? undefined : await session.state()
    const name = await session.withAverages(() => checkpoints.save(model, optimizer, state))
    this.#lastSaved = state.global_step
    this.#lastSavedAt = performance.now()
    await this.#emit({ type: 'save', step: state.global_step, checkpoint: name })
    await checkpoints.prune(args.saveTotalLimit, state.best_model_checkpoint)
  }

  get #totals(): TrainingTotals {
    return this.#parts.state.stateful_callbacks.TrainingTotals.attributes
  }

  #readClock(): void {
    // What the newest checkpoint has stays, so that to resume a run that is done changes nothing.
    if (this.#lastSaved !== this.#parts.state.global_step) {
      this.#totals.seconds = (performance.now() - this.#started) / 1000
    }
  }

  #log(entry: LogEntry): Promise<void> {
    this.#parts.state.log_history.push(entry)
    return this.#emit({ type: 'log', entry })
  }

  async #emit(event: TrainerEvent): Promise<void> {
    for (const callback of this.#parts.callbacks) await callback(event, this.#control)
  }

  /** Tells of the end, when all that the run leaves is written. */
  end(reason: EndReason): Promise<void> {
    return this.#emit({ type: 'end', step: this.#parts.state.global_step, reason })
  }
}
