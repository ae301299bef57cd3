import type { EncoderModel } from '../models/model.ts'
import { depthBelowHead } from '../models/parameter-depth.ts'
import type { TrainingSession } from '../models/training-session.ts'
import type { TrainingArguments } from './training-arguments.ts'

/** What a resumed run has to know of its unfreezing. */
export interface UnfreezingState {
  /** Steps that were done when each stage began: the head alone, then one layer more at a time, at last the embeddings. */
  stage_starts: number[]
}

/** A step that is about to be taken. */
interface NextStep {
  /** Steps done. */
  done: number
  /** Passes over the data that are done after it. */
  epoch: number
}

/**
 * Gradual unfreezing (Howard and Ruder 2018, "Universal language model fine-tuning for text classification", section 3.3): at
 * first the head alone is trained, then one layer more from the top at a time. A layer's optimiser state begins when it is
 * unfrozen, and its bias corrections count from there, as those of a PyTorch parameter that had no gradient before.
 */
export class GradualUnfreezing {
  readonly #model: EncoderModel
  readonly #session: TrainingSession
  readonly #args: Pick<TrainingArguments, 'gradualUnfreezing' | 'gradualUnfreezingSteps'>
  readonly #state: UnfreezingState
  /** The stage that the session is in. */
  #current = -1

  /** @param state of the run so far, which is kept up to date */
  constructor(
    model: EncoderModel,
    session: TrainingSession,
    args: Pick<TrainingArguments, 'gradualUnfreezing' | 'gradualUnfreezingSteps'>,
    state: UnfreezingState,
  ) {
    this.#model = model
    this.#session = session
    this.#args = args
    this.#state = state
  }

  /** Unfreezes what this step is the first to train. */
  async before(step: NextStep): Promise<void> {
    const last = this.#model.config.numHiddenLayers + 1
    const stage = Math.min(last, this.#stageOf(step))
    const { stage_starts: starts } = this.#state
    while (starts.length <= stage) starts.push(step.done)
    if (stage === this.#current) return
    const depth = (name: string) => depthBelowHead(this.#model.definition, name)
    await this.#session.restrict({
      isActive: (name) => depth(name) <= stage,
      stepsBefore: (name) => starts[depth(name)],
    })
    this.#current = stage
  }

  #stageOf({ done, epoch }: NextStep): number {
    const { gradualUnfreezing, gradualUnfreezingSteps } = this.#args
    if (gradualUnfreezing === 'steps') return Math.floor(done / gradualUnfreezingSteps)
    return Math.ceil(epoch - 1e-9) - 1 // a sum of a run's phases may be a bit above a whole number
  }
}
