import type { FinetuneProgress } from '../training/node/finetune.ts'
import type { PretrainProgress } from '../training/node/pretrain.ts'
import type { TrainerEvent } from '../training/trainer.ts'
import { createProgress, type Progress, type ProgressStream } from './progress.ts'

/** The loss that is shown is a mean that forgets steps at this rate. */
const lossMemory = 0.95

type Stage = FinetuneProgress['stage'] | PretrainProgress['stage']

const stages: Readonly<Record<Stage, { label: string; unit: string }>> = {
  read: { label: 'Reading', unit: 'bytes' },
  start: { label: 'Counting which tokens stand together', unit: 'corpora' },
  encode: { label: 'Encoding', unit: 'texts' },
  evaluate: { label: 'Evaluating', unit: 'texts' },
}

/**
 * Shows a training run: reading, encoding, steps with loss, rate and time left, evaluations.
 * @param where where long texts are cut, as `describeCut` says it, for a remark on how many are
 */
export function trainingProgress(stream: ProgressStream, where = '') {
  let cut = ''
  let training: Progress | undefined
  let other: { stage: Stage; total: number; bar: Progress } | undefined
  let loss: number | undefined

  const closeOther = (note?: string) => {
    other?.bar.finish(note)
    other = undefined
  }
  return {
    onEvent(event: TrainerEvent) {
      if (event.type === 'start') {
        closeOther(cut)
        const { totalSteps: total, firstStep: initial, resumedFrom } = event
        if (resumedFrom) stream.write(`going on from ${resumedFrom}\n`)
        training = createProgress({ stream, label: 'Training', unit: 'steps', total, initial })
      } else if (event.type === 'step') {
        loss = loss === undefined ? event.loss : lossMemory * loss + (1 - lossMemory) * event.loss
        training?.update(event.step, { note: `loss ${loss.toFixed(4)}` })
      } else if (event.type === 'warning') {
        training?.log(`step ${event.step}: ${event.message}`)
      } else if (event.type === 'evaluate') {
        closeOther(metricNote(event.metrics) + (event.best ? ' (best)' : ''))
      } else if (event.type === 'end') {
        training?.finish()
      }
    },
    onProgress({ stage, done, total, truncated = 0 }: FinetuneProgress | (PretrainProgress & { truncated?: 0 })) {
      if (total === 0) return // as of an empty file
      if (truncated > 0) cut = `${truncated} of ${total} texts are cut ${where}`
      // Further texts, such as those of another corpus, are counted on their own.
      if (other?.stage !== stage || other.total !== total) {
        closeOther()
        other = { stage, total, bar: createProgress({ stream, ...stages[stage], total }) }
      }
      other.bar.update(done)
    },
    finish() {
      closeOther()
      training?.finish()
    },
  }
}

/** Metrics that a line has room for, also with the name of their set in front. */
const shown = /(^|_)(loss|accuracy|f1|f1_micro|exact|spearman|perplexity|masked_accuracy|pair_accuracy)$/
const mostShown = 4

const metricNote = (metrics: Readonly<Record<string, number>>): string =>
  Object.entries(metrics)
    .filter(([name]) => shown.test(name))
    .slice(0, mostShown)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${value.toFixed(4)}`)
    .join(', ')
