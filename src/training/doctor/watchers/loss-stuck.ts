import type { Finding } from '../../../data/doctor/index.ts'
import { atStep, type Watcher } from '../watch-context.ts'
import { createLossBlocks } from './loss-blocks.ts'

/** What part of the run is given to a model before it is judged, and how many blocks it takes. */
const patience = 0.5
const fewestBlocks = 4
/** A loss above this share of that of guessing is no better than guessing. */
const chanceShare = 0.97
/** Without a known loss of guessing: a change by less than this share is none. */
const change = 0.01

/** A loss that stays where guessing is, or where it began. */
export const lossStuck: Watcher = {
  name: 'loss-stuck',
  create({ chanceLoss }) {
    const blocks = createLossBlocks()
    return (event): Finding | undefined => {
      const found = blocks(event)
      if (!found || event.type !== 'step') return undefined
      const { means, size } = found
      const { step, totalSteps, learningRate } = event
      if (means.length < fewestBlocks || step < patience * totalSteps) return undefined
      const recent = (means[means.length - 1] + means[means.length - 2]) / 2
      const place = `${atStep(step, totalSteps)} (mean of ${2 * size} steps)`
      if (chanceLoss !== undefined) {
        if (recent < chanceShare * chanceLoss) return undefined
        return {
          code: 'LOSS_AT_CHANCE',
          severity: 'warning',
          message: `The training loss is ${recent.toFixed(3)} ${place}; guessing by the frequency of the classes has ${chanceLoss.toFixed(3)}: nothing has been learned.`,
          advice:
            'If it was lower before, or the start is a trained model, lower the learning rate; with random weights raise it to 5e-4 and train longer. Check that the label column belongs to the texts.',
          counts: { step, loss: recent, chanceLoss, learningRate },
          examples: [],
        }
      }
      if (Math.abs(recent - means[0]) >= change * means[0]) return undefined
      return {
        code: 'LOSS_FLAT',
        severity: 'warning',
        message: `The training loss is ${recent.toFixed(3)} ${place}, as at the beginning (${means[0].toFixed(3)}).`,
        advice: 'Raise the learning rate, train longer, or check that labels belong to the texts.',
        counts: { step, loss: recent, first: means[0], learningRate },
        examples: [],
      }
    }
  },
}
