import { describeQuestionPlace } from '../question-answering/question-example.ts'
import type { DataCheck, DataContext } from './context.ts'
import { count, counted, type Finding, mostExamples, percent } from './finding.ts'
import { exampleOf } from './sample.ts'

/** From this share of the evaluation samples on it says more than it should; from the next on training repeats itself. */
const worryingLeak = 0.01
const worryingRepeats = 0.05

/** Texts that come more than once: in training and evaluation (leakage), or in one of them. */
export const duplicates: DataCheck = {
  name: 'duplicates',
  run(context) {
    const { train, evaluation } = context
    const firsts = context.firsts()
    const leaked: [number, number][] = []
    const repeated: [number, number][] = []
    let repeatedInEval = 0
    firsts.forEach((first, i) => {
      if (first === i) return
      if (i < train.length) repeated.push([i, first])
      else if (first < train.length) leaked.push([i, first])
      else repeatedInEval++
    })
    const findings: Finding[] = []
    if (leaked.length > 0) {
      const share = leaked.length / evaluation.length
      findings.push({
        code: 'LEAKAGE',
        severity: share >= worryingLeak ? 'warning' : 'info',
        message: `${count(leaked.length)} of ${counted(evaluation.length, 'evaluation example')} (${percent(share)}) stand word for word in the training data.`,
        advice:
          'Remove them from one of the two, or the metrics say how well the model remembers. With --eval-split remove duplicates from the file.',
        counts: { leaked: leaked.length, evalExamples: evaluation.length, share },
        examples: pairsOf(context, leaked),
      })
    }
    if (repeated.length + repeatedInEval > 0) {
      const share = repeated.length / Math.max(1, train.length)
      const inEval =
        repeatedInEval > 0 ? `, and ${count(repeatedInEval)} of ${count(evaluation.length)} evaluation examples` : ''
      findings.push({
        code: 'DUPLICATES',
        severity: share >= worryingRepeats ? 'warning' : 'info',
        message: `${count(repeated.length)} of ${counted(train.length, 'training example')} (${percent(share)})${inEval} repeat an earlier one of the same file.`,
        advice:
          'Remove the copies unless their frequency is meant to count: each copy weighs as much as a text of its own.',
        counts: { repeated: repeated.length, trainExamples: train.length, share, repeatedInEval },
        examples: pairsOf(context, repeated),
      })
    }
    return findings
  },
}

/** What two samples have in common, for the list of examples. */
export function pairsOf({ all }: DataContext, pairs: readonly (readonly [index: number, match: number])[]) {
  return pairs
    .slice(0, mostExamples)
    .map(([index, match]) => exampleOf(all[index], `as ${describeQuestionPlace(all[match].source)}`))
}
