import { describeQuestionPlace } from '../question-answering/question-example.ts'
import type { DataCheck } from './context.ts'
import { counted, mostExamples, percent } from './finding.ts'
import { exampleOf, type Sample } from './sample.ts'

const worrying = 0.01
/** Share of the range of all numbers. */
const tolerance = 0.1

/** The same text with different labels, in the training data or in both. */
export const conflictingLabels: DataCheck = {
  name: 'conflicting-labels',
  targets: ['class', 'classes', 'number', 'tags', 'choice'],
  run(context) {
    const { all, train, targets } = context
    const clash = targets === 'number' ? numbersClash(all) : (labels: string[]) => new Set(labels).size > 1
    const groups = new Map<number, number[]>()
    context.firsts().forEach((first, i) => {
      if (first === i || all[i].label === undefined) return
      const members = groups.get(first)
      if (members) members.push(i)
      else groups.set(first, [first, i])
    })
    const conflicts = [...groups.values()].filter(
      (members) => members[0] < train.length && clash(members.map((i) => all[i].label!)),
    )
    if (conflicts.length === 0) return []
    const samples = conflicts.reduce((sum, members) => sum + members.length, 0)
    const share = samples / all.length
    return [
      {
        code: 'CONFLICTING_LABELS',
        severity: share >= worrying ? 'warning' : 'info',
        message: `${counted(conflicts.length, 'text')} (${counted(samples, 'example')}, ${percent(share)} of all) come with different labels.`,
        advice:
          'Decide which label is right and correct the others, or remove them: no model can get all of them right.',
        counts: { texts: conflicts.length, examples: samples, share },
        examples: conflicts.slice(0, mostExamples).map((members) => {
          const [one, other] = [members[0], members.find((i) => all[i].label !== all[members[0]].label)!]
          const places = [one, other].map(
            (i) => `${shortened(all[i].label!)} in ${describeQuestionPlace(all[i].source)}`,
          )
          return exampleOf(all[one], places.join(', '))
        }),
      },
    ]
  },
}

/** Numbers clash if they are farther apart than a tenth of the range of all: people who rate never agree to the digit. */
function numbersClash(samples: readonly Sample[]): (labels: readonly string[]) => boolean {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { label } of samples) {
    const value = Number(label)
    if (!Number.isFinite(value)) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return (labels) => {
    const values = labels.map(Number).filter(Number.isFinite)
    return Math.max(...values) - Math.min(...values) > tolerance * (high - low)
  }
}

const shortened = (label: string): string => (label.length > 40 ? `${label.slice(0, 39)}…` : label)
