import type { Example } from '../example.ts'
import type { MultiLabelExample } from '../multi-label/index.ts'
import type { ChoiceExample } from '../multiple-choice/index.ts'
import {
  type Answer,
  describeQuestionPlace,
  type QuestionExample,
  type QuestionSource,
} from '../question-answering/question-example.ts'
import type { TokenExample } from '../token-classification/token-example.ts'
import type { FindingExample } from './finding.ts'

/** An example as checks see it, whatever its task. */
export interface Sample {
  /** What the model reads: a text, or a pair of texts. */
  texts: readonly string[]
  /** What it shall say, in words: two samples want the same if these are equal. Absent where it is not known. */
  label?: string
  /** The words of the text, of tasks that tag words, */
  words?: readonly string[]
  /** and the tag of each. */
  tags?: readonly string[]
  /** Each label that holds, of tasks with several. */
  labels?: readonly string[]
  /** Of questions. */
  answers?: readonly Answer[]
  source: QuestionSource
}

/** A text, or pair of texts, with one label. */
export function textSample({ text, textPair, label, source }: Example): Sample {
  return { texts: textPair === undefined ? [text] : [text, textPair], label, source }
}

/** A text, or pair of texts, with several labels. */
export function multiLabelSample({ labels, ...example }: MultiLabelExample): Sample {
  return { ...textSample(example), label: [...labels].sort().join(', ') || '(none)', labels }
}

/** A sentence with tags. */
export function tokenSample({ words, tags, source }: TokenExample): Sample {
  return { texts: [words.join(' ')], label: tags?.join(' '), words, tags, source }
}

/** A question about a context. */
export function questionSample({ question, context, answers, source }: QuestionExample): Sample {
  const label = [...new Set(answers.map(({ text }) => text))].join(' / ') || '(no answer)'
  return { texts: [question, context], label, answers, source }
}

/** A question with its choices. */
export function choiceSample({ context, question, choices, label, source }: ChoiceExample): Sample {
  const texts = [context === undefined ? question : `${context} ${question}`, choices.join('\n')]
  return { texts, ...(label !== undefined && { label: choices[label] }), source }
}

/** Where a sample stands, with its texts. */
export function exampleOf({ texts, source }: Sample, note?: string): FindingExample {
  return { place: describeQuestionPlace(source), text: texts.join(' | '), ...(note !== undefined && { note }) }
}
