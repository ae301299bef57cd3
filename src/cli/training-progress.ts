import type { FinetuneProgress } from '../training/node/finetune.ts'
import type { TrainerEvent } from '../training/trainer.ts'
import { createProgress, type Progress, type ProgressStream } from './progress.ts'

/** The loss that is shown is a mean that forgets steps at this rate. */
const lossMemory = 0.95

/**
 * Shows a training run: encoding, steps with loss, rate and time left, evaluations.
 * @param maxLength tokens that texts are cut to, for a remark on how many are
 */
export function trainingProgress(stream: ProgressStream, maxLength: number) {
  let cut = ''
  let training: Progress | undefined
  let other: { stage: FinetuneProgress['stage']; bar: Progress } | undefined
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
    onProgress({ stage, done, total, truncated = 0 }: FinetuneProgress) {
      if (truncated > 0) cut = `${truncated} of ${total} texts are longer than ${maxLength} tokens and are cut`
      if (other?.stage !== stage) {
        closeOther()
        const label = stage === 'encode' ? 'Encoding' : 'Evaluating'
        other = { stage, bar: createProgress({ stream, label, unit: 'texts', total }) }
      }
      other?.bar.update(done)
    },
    finish() {
      closeOther()
      training?.finish()
    },
  }
}

const metricNote = ({ loss, accuracy, f1 }: Readonly<Record<string, number>>): string =>
  `loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}, f1 ${f1.toFixed(4)}`
