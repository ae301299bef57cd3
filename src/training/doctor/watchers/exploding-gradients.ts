import { atStep, type Watcher } from '../watch-context.ts'

/** Norms are compared with the median of so many before, */
const memory = 50
const fewest = 20
/** of which they are so many times. */
const factor = 30
/** One batch may be odd: so many such steps in the memory are not. */
const times = 3

/** Gradients that grow far beyond what they were. */
export const explodingGradients: Watcher = {
  name: 'exploding-gradients',
  create() {
    const norms: number[] = []
    const large: number[] = []
    return (event) => {
      if (event.type !== 'step' || !Number.isFinite(event.gradNorm)) return undefined
      const { gradNorm, step, totalSteps } = event
      const median =
        norms.length < fewest ? Number.POSITIVE_INFINITY : [...norms].sort((a, b) => a - b)[norms.length >> 1]
      if (gradNorm <= factor * median) {
        norms.push(gradNorm)
        if (norms.length > memory) norms.shift()
        return undefined
      }
      large.push(step)
      if (large.filter((at) => at > step - memory).length !== times) return undefined
      return {
        code: 'EXPLODING_GRADIENTS',
        severity: 'warning',
        message: `The norm of the gradients is ${gradNorm.toPrecision(3)} ${atStep(step, totalSteps)}, ${Math.round(gradNorm / median)} times what it was (${median.toPrecision(3)}), for the third time in ${memory} steps.`,
        advice:
          'Lower the learning rate, add --warmup-ratio 0.1, and keep --max-grad-norm 1; look for broken texts if it is one batch.',
        counts: { step, gradNorm, median },
        examples: [],
      }
    }
  },
}
