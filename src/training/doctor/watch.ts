import type { Finding } from '../../data/doctor/index.ts'
import type { TrainingArguments } from '../training-arguments.ts'
import { viewOf } from './views.ts'
import type { WatchContext, WatchedEvent } from './watch-context.ts'
import { watchers } from './watchers/index.ts'

/** Looks at a run as it goes on. */
export interface Watch {
  /** All that was found so far, each code once. */
  readonly findings: readonly Finding[]
  /** To be told of each event in order. @returns what is new */
  tell(event: WatchedEvent): Finding[]
}

/**
 * Looks at a run as it goes on: losses that are no numbers, that rise or stay at guessing, exploding gradients, one class for all.
 *
 * ```ts
 * const watch = createWatch({ chanceLoss: Math.log(2) })
 * const trainer = new Trainer({ …, onEvent: (event) => watch.tell(event).forEach(({ message }) => console.warn(message)) })
 * ```
 */
export function createWatch(context: WatchContext = {}): Watch {
  const told = watchers.map((watcher) => watcher.create(context))
  const findings: Finding[] = []
  return {
    findings,
    tell(event) {
      const found = told.flatMap((tell) => tell(event) ?? [])
      const fresh = found.filter(({ code }) => !findings.some((known) => known.code === code))
      findings.push(...fresh)
      return fresh
    },
  }
}

/** What is known of a run from its task and examples. */
export function watchContext<Example>(
  task: string,
  examples: readonly Example[],
  { labels }: { labels: readonly string[] },
  args: TrainingArguments,
): WatchContext {
  const view = viewOf(task)
  if (view?.targets !== 'class' || reshapesLoss(args)) return { labels }
  const sizes = new Map<string, number>()
  for (const example of examples) {
    const { label = '' } = view.sample(example as never)
    sizes.set(label, (sizes.get(label) ?? 0) + 1)
  }
  const shares = [...sizes.values()].map((size) => size / examples.length)
  const entropy = -shares.reduce((sum, share) => sum + share * Math.log(share), 0)
  return { labels, ...(entropy > 0 && { chanceLoss: entropy }) }
}

/** Whether the loss is no plain cross-entropy, so that guessing has another one. */
function reshapesLoss(args: TrainingArguments): boolean {
  const { classWeights = 'none', labelSmoothing, focalGamma } = args as object as Partial<Record<string, unknown>>
  return classWeights !== 'none' || Boolean(labelSmoothing) || Boolean(focalGamma)
}

/** The classes that a model predicted and the true ones, of predictions that have one class each. */
export function classAnswers(predictions: unknown): { predicted: Int32Array; truth: Int32Array } | undefined {
  const { predictions: predicted, labels: truth } = (predictions ?? {}) as Record<string, unknown>
  return predicted instanceof Int32Array && truth instanceof Int32Array ? { predicted, truth } : undefined
}
