import type { DataCheck } from './context.ts'
import { pairsOf } from './duplicates.ts'
import { count, counted, type Finding, percent } from './finding.ts'
import { findNearDuplicates, type NearDuplicate } from './near-duplicates.ts'

const worryingLeak = 0.01
const worryingRepeats = 0.1

/**
 * Texts that differ from one of the training data by little: case, punctuation, a word in eight. Not of questions, many of which
 * share their context.
 */
export const nearDuplicates: DataCheck = {
  name: 'near-duplicates',
  targets: ['class', 'classes', 'number', 'tags', 'choice', 'none'],
  run(context) {
    const { train, evaluation } = context
    const firsts = context.firsts()
    const found = findNearDuplicates(context.features(), {
      skip: (i) => firsts[i] !== i,
      keep: (i) => i < train.length,
    })
    const leaked = found.filter(({ index }) => index >= train.length)
    const repeated = found.filter(({ index }) => index < train.length)
    const findings: Finding[] = []
    if (leaked.length > 0) {
      const share = leaked.length / evaluation.length
      findings.push({
        code: 'NEAR_LEAKAGE',
        severity: share >= worryingLeak ? 'warning' : 'info',
        message: `${count(leaked.length)} of ${counted(evaluation.length, 'evaluation example')} (${percent(share)}) differ from a training example by a few words, or by case and punctuation alone.`,
        advice:
          'Keep all versions of a text in one of the two: split by document, author or date rather than at random.',
        counts: { leaked: leaked.length, evalExamples: evaluation.length, share },
        examples: pairsOf(context, clearest(leaked)),
      })
    }
    if (repeated.length > 0) {
      const share = repeated.length / train.length
      findings.push({
        code: 'NEAR_DUPLICATES',
        severity: share >= worryingRepeats ? 'warning' : 'info',
        message: `${count(repeated.length)} of ${counted(train.length, 'training example')} (${percent(share)}) differ from an earlier one by a few words, or by case and punctuation alone.`,
        advice:
          'Keep one of each if they are copies; and keep them in mind when a part is held out at random (--eval-split).',
        counts: { repeated: repeated.length, trainExamples: train.length, share },
        examples: pairsOf(context, clearest(repeated)),
      })
    }
    return findings
  },
}

/** The most similar first. */
function clearest(found: readonly NearDuplicate[]): [number, number][] {
  return [...found]
    .sort((a, b) => b.similarity - a.similarity || a.index - b.index)
    .map(({ index, match }) => [index, match])
}
