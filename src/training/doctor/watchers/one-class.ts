import { count } from '../../../data/doctor/index.ts'
import { atStep, type Watcher } from '../watch-context.ts'

/** Of fewer examples one class may be right by chance. */
const fewest = 20
/** Before this part of the run, and so many steps, it may still change. */
const patience = 0.3
const fewestSteps = 20

/** A model that gives all evaluation examples the same class. */
export const oneClass: Watcher = {
  name: 'one-class',
  create({ labels }) {
    let totalSteps = 0
    return (event) => {
      if (event.type === 'start') totalSteps = event.totalSteps
      if (event.type !== 'predictions') return undefined
      const { predicted, truth, step } = event
      const answer = predicted[0]
      const isOne = predicted.length >= fewest && predicted.every((id) => id === answer)
      if (!isOne || truth.every((id) => id === truth[0]) || step < Math.max(patience * totalSteps, fewestSteps))
        return undefined
      const right = truth.filter((id) => id === answer).length
      return {
        code: 'ONE_CLASS',
        severity: 'warning',
        message: `All ${count(predicted.length)} evaluation examples are predicted ${JSON.stringify(labels?.[answer] ?? answer)} ${atStep(step, totalSteps)}; ${count(right)} of them are.`,
        advice:
          'Lower the learning rate and add --warmup-ratio 0.1 if the loss fell before; raise it or train longer if it never did. Rare classes need more examples or class weights.',
        counts: { step, examples: predicted.length, right },
        examples: [],
      }
    }
  },
}
