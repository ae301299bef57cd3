import type { DataCheck } from './context.ts'
import { count, counted, type Finding, mostExamples, percent } from './finding.ts'
import { exampleOf, type Sample } from './sample.ts'

/** More different whole numbers than this are hardly names of classes. */
const mostNumbers = 20
/** So few different whole numbers may be classes. */
const fewNumbers = 3
/** With more classes than examples / this the column holds no classes. */
const leastPerClass = 2
const leastExamples = 20

/** Labels that look like those of another task: numbers of classes, classes among numbers, texts as classes. */
export const labelKind: DataCheck = {
  name: 'label-kind',
  targets: ['class', 'number'],
  run({ targets, train }) {
    const labelled = train.filter(({ label }) => label !== undefined)
    const names = [...new Set(labelled.map(({ label }) => label!))]
    return targets === 'class' ? classFindings(labelled, names) : numberFindings(labelled, names)
  },
}

const isNumber = (text: string): boolean => /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)

function classFindings(labelled: readonly Sample[], names: readonly string[]): Finding[] {
  if (names.length === 1) {
    return [
      {
        code: 'ONE_LABEL',
        severity: 'error',
        message: `All ${counted(labelled.length, 'training example')} have the label ${JSON.stringify(names[0])}: there is nothing to tell apart.`,
        advice: 'Check --label-column.',
        counts: { labels: 1, examples: labelled.length },
        examples: [],
      },
    ]
  }
  const numbers = names.filter(isNumber)
  const fractions = numbers.filter((name) => !Number.isInteger(Number(name)))
  if (numbers.length === names.length && names.length > 2 && (fractions.length > 0 || names.length > mostNumbers)) {
    return [
      {
        code: 'NUMERIC_LABELS',
        severity: 'warning',
        message: `All ${count(names.length)} labels are numbers${fractions.length > 0 ? `, ${count(fractions.length)} of them with a fraction` : ''}, such as ${names.slice(0, 5).join(', ')}: as classes 1.0 and 1.2 are as different as 1.0 and 5.0.`,
        advice: 'If they are amounts or scores, use --task regression; if they are classes, give them names.',
        counts: { labels: names.length, fractions: fractions.length },
        examples: labelled.slice(0, 3).map((sample) => exampleOf(sample, sample.label)),
      },
    ]
  }
  if (labelled.length < leastExamples || names.length * leastPerClass <= labelled.length) return []
  return [
    {
      code: 'MANY_LABELS',
      severity: 'warning',
      message: `There are ${count(names.length)} different labels in ${counted(labelled.length, 'training example')}: most come once.`,
      advice: 'Check --label-column: this looks like an id or a text rather than a class.',
      counts: { labels: names.length, examples: labelled.length },
      examples: labelled.slice(0, 3).map((sample) => exampleOf(sample, sample.label)),
    },
  ]
}

function numberFindings(labelled: readonly Sample[], names: readonly string[]): Finding[] {
  const others = labelled.filter(({ label }) => !isNumber(label!))
  if (others.length > 0) {
    const share = others.length / labelled.length
    return [
      {
        code: 'NOT_A_NUMBER',
        severity: 'error',
        message: `${count(others.length)} of ${counted(labelled.length, 'label')} (${percent(share)}) are no numbers, such as ${JSON.stringify(others[0].label)}.`,
        advice: 'Correct them, or use --task text-classification if they are names of classes.',
        counts: { others: others.length, share },
        examples: others.slice(0, mostExamples).map((sample) => exampleOf(sample, sample.label)),
      },
    ]
  }
  if (names.length === 1) {
    return [
      {
        code: 'ONE_VALUE',
        severity: 'error',
        message: `All labels are ${names[0]}: there is nothing to learn.`,
        advice: 'Check --label-column.',
        counts: { examples: labelled.length },
        examples: [],
      },
    ]
  }
  const isClasses = names.length <= fewNumbers && names.every((name) => Number.isInteger(Number(name)))
  if (!isClasses || labelled.length < leastExamples) return []
  return [
    {
      code: 'FEW_VALUES',
      severity: 'warning',
      message: `The labels take ${counted(names.length, 'value')} only: ${names.join(', ')}.`,
      advice: 'If these are classes, use --task text-classification.',
      counts: { values: names.length, examples: labelled.length },
      examples: [],
    },
  ]
}
