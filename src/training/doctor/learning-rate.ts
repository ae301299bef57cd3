import type { OptimizerName } from '../optimizers/registry.ts'
import { type EncoderStart, rateText, type SettingsCheck } from './settings-context.ts'

/** Learning rates with which runs succeed, a factor of 5 wider than what is usual, and the usual ones. */
interface Range {
  /** What it is of. */
  weights: string
  low: number
  high: number
  usual: string
  try: string
}

/**
 * Of optimisers whose steps are about as large as the learning rate. Trained weights: 2e-5 to 5e-5 for BERT (Devlin et al. 2018),
 * up to 3e-4 for its small siblings (Turc et al. 2019). Random ones: 1e-4 (BERT's pre-training) to 1e-3 for small models.
 * Adapters: 2e-4 to 5e-4 for RoBERTa (Hu et al. 2021, appendix D).
 */
const ranges: Readonly<Record<EncoderStart, Range>> = {
  trained: { weights: 'a trained model', low: 2e-6, high: 1e-3, usual: '1e-5 to 3e-4', try: '3e-5' },
  random: { weights: 'random weights', low: 7e-5, high: 5e-3, usual: '1e-4 to 1e-3', try: '5e-4' },
  adapted: { weights: 'adapters', low: 2e-5, high: 5e-3, usual: '1e-4 to 1e-3', try: '4e-4' },
}

const like: readonly OptimizerName[] = ['adamw', 'adam', 'adafactor']

/** A learning rate far from what works for these weights. */
export const learningRate: SettingsCheck = {
  name: 'learning-rate',
  run({ args, start }) {
    const { learningRate: rate, optimizer, freeze, adafactorRelativeStep } = args
    if (rate === 0) {
      return [
        {
          code: 'LEARNING_RATE',
          severity: 'warning',
          message: 'The learning rate is 0: nothing is learned.',
          advice: `Use --learning-rate ${ranges[start].try}.`,
          counts: { learningRate: rate },
          examples: [],
        },
      ]
    }
    const { weights, low, high, usual, try: suggestion } = ranges[start]
    // A head on frozen layers may learn fast.
    const isHigh = rate > high && freeze.length === 0
    if (!like.includes(optimizer) || adafactorRelativeStep || (rate >= low && !isHigh)) return []
    return [
      {
        code: 'LEARNING_RATE',
        severity: 'warning',
        message: `The learning rate ${rateText(rate)} is ${isHigh ? 'high' : 'low'} for ${weights}: ${usual} is usual with ${optimizer}.`,
        advice: `Try --learning-rate ${suggestion}. ${isHigh ? 'Too high a rate ends in answering one class always, or in NaN.' : 'With too low a rate the loss hardly moves within the run.'}`,
        counts: { learningRate: rate, low, high },
        examples: [],
      },
    ]
  },
}
