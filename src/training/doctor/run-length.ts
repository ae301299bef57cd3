import { count, counted, type Finding } from '../../data/doctor/index.ts'
import type { SettingsCheck } from './settings-context.ts'

/** Fewer steps hardly move a model away from where it starts. */
const fewestSteps = { trained: 30, adapted: 30, random: 300 }
const longWarmup = 0.5

/** A run that is too short for its start, or for its own warmup. */
export const runLength: SettingsCheck = {
  name: 'run-length',
  run({ args, start, steps, trainExamples }) {
    const findings: Finding[] = []
    if (steps < fewestSteps[start]) {
      const weights = start === 'random' ? 'random weights' : 'a trained model'
      findings.push({
        code: 'FEW_STEPS',
        severity: 'warning',
        message: `The run has ${counted(steps, 'step')} (${counted(trainExamples, 'example')}, batches of ${args.batchSize * args.gradientAccumulationSteps}): little for ${weights}, which usually takes ${count(fewestSteps[start])} or more.`,
        advice: 'Raise --epochs or --max-steps, or lower --batch-size.',
        counts: { steps, trainExamples },
        examples: [],
      })
    }
    const warmup = args.warmupSteps || Math.ceil(args.warmupRatio * steps)
    if (warmup >= longWarmup * steps) {
      const isWhole = warmup >= steps
      findings.push({
        code: 'LONG_WARMUP',
        severity: isWhole ? 'warning' : 'info',
        message: `The warmup takes ${counted(warmup, 'step')} of ${count(steps)}${isWhole ? ': the learning rate never gets to where it is set' : ''}.`,
        advice: 'Use --warmup-ratio 0.1, or leave it out.',
        counts: { warmup, steps },
        examples: [],
      })
    }
    return findings
  },
}
