import type { Watcher } from '../watch-context.ts'
import { atStep } from '../watch-context.ts'

/** So many steps in a row are no accident. */
const hopeless = 10

/** Losses and gradients that are no numbers. */
export const notFinite: Watcher = {
  name: 'not-finite',
  create() {
    let inRow = 0
    return (event) => {
      if (event.type !== 'step') return undefined
      const { loss, gradNorm, step, totalSteps, learningRate } = event
      inRow = Number.isFinite(loss) && Number.isFinite(gradNorm) ? 0 : inRow + 1
      if (inRow !== 1 && inRow !== hopeless) return undefined
      const isHopeless = inRow === hopeless
      return {
        code: isHopeless ? 'DIVERGED' : 'LOSS_NOT_FINITE',
        severity: isHopeless ? 'error' : 'warning',
        message: isHopeless
          ? `Loss or gradients have been no finite numbers for ${hopeless} steps in a row, ${atStep(step, totalSteps)}: the run is lost.`
          : `Loss ${loss}, gradient norm ${gradNorm} ${atStep(step, totalSteps)}: the step was left out.`,
        advice: 'Lower the learning rate (a third of it), add --warmup-ratio 0.1, and keep --max-grad-norm 1.',
        counts: { step, inRow, learningRate },
        examples: [],
      }
    }
  },
}
