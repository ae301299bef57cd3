import { atStep, type Watcher } from '../watch-context.ts'
import { createLossBlocks } from './loss-blocks.ts'

/** A rise above the best block by so large a share, and by so much at least, two blocks in a row. */
const share = 0.3
const least = 0.2

/** A loss that goes up again and stays up: the learning rate is too high. */
export const lossRises: Watcher = {
  name: 'loss-rises',
  create() {
    const blocks = createLossBlocks()
    return (event) => {
      const found = blocks(event)
      if (!found || event.type !== 'step' || found.means.length < 3) return undefined
      const { means } = found
      const best = Math.min(...means)
      const limit = best + Math.max(share * best, least)
      if (means[means.length - 1] <= limit || means[means.length - 2] <= limit) return undefined
      const now = means[means.length - 1]
      const { step, totalSteps, learningRate } = event
      return {
        code: 'LOSS_RISES',
        severity: 'warning',
        message: `The training loss has risen from ${best.toFixed(3)} to ${now.toFixed(3)} ${atStep(step, totalSteps)} (means of ${found.size} steps): the learning rate is too high.`,
        advice: 'Start again with a third of the learning rate and --warmup-ratio 0.1.',
        counts: { step, best, now, learningRate },
        examples: [],
      }
    }
  },
}
