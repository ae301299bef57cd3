import { encodeQuestions } from '../question-answering/encode-questions.ts'
import type { DataCheck, DataContext } from './context.ts'
import { count, counted, type Finding, mostExamples, percent } from './finding.ts'
import { exampleOf, type Sample } from './sample.ts'

const mostQuestions = 2000
const worryingCut = 0.01

/** Answers that do not stand where they say, that no window holds, and contexts of training questions in the evaluation. */
export const answers: DataCheck = {
  name: 'answers',
  targets: ['answer'],
  run: (context) => [...misplaced(context), ...cutOff(context), ...sharedContexts(context)],
}

function misplaced({ all }: DataContext): Finding[] {
  const wrong = all.filter(({ texts, answers = [] }) =>
    answers.some(({ text, start }) => texts[1].slice(start, start + text.length) !== text),
  )
  if (wrong.length === 0) return []
  const share = wrong.length / all.length
  return [
    {
      code: 'ANSWER_NOT_FOUND',
      severity: 'error',
      message: `${count(wrong.length)} of ${counted(all.length, 'question')} (${percent(share)}) have an answer that does not stand in the context where it says.`,
      advice:
        'Correct answer_start, which counts characters from 0, or read with repair, which takes the nearest place.',
      counts: { wrong: wrong.length, share },
      examples: wrong.slice(0, mostExamples).map((sample) => exampleOf(sample, sample.label)),
    },
  ]
}

function cutOff({ all, tokenizer, maxLength }: DataContext): Finding[] {
  if (!tokenizer) return []
  const known = all.filter(({ answers = [] }) => answers.length > 0)
  const step = Math.max(1, known.length / mostQuestions)
  const sampled = Array.from({ length: Math.min(known.length, mostQuestions) }, (_, i) => known[Math.floor(i * step)])
  const outside = sampled.filter(
    (sample) => encodeQuestions([questionOf(sample)], tokenizer, { maxLength }).answersOutside > 0,
  )
  if (outside.length === 0) return []
  const share = outside.length / sampled.length
  return [
    {
      code: 'ANSWERS_CUT',
      severity: share >= worryingCut ? 'warning' : 'info',
      message: `${count(outside.length)} of ${counted(sampled.length, 'answer')} (${percent(share)}) stand in no window as a whole: training takes those questions for unanswerable.`,
      advice:
        'Raise --max-length or the stride, so that windows overlap by more than the longest answer, or shorten the answers.',
      counts: { outside: outside.length, answers: sampled.length, share },
      examples: outside.slice(0, mostExamples).map((sample) => exampleOf(sample, sample.label)),
    },
  ]
}

const questionOf = ({ texts: [question, context], answers = [], source }: Sample) => ({
  id: '',
  question,
  context,
  answers: [...answers],
  isImpossible: false,
  source,
})

function sharedContexts({ train, evaluation }: DataContext): Finding[] {
  const known = new Set(train.map(({ texts }) => texts[1].trim()))
  const shared = evaluation.filter(({ texts }) => known.has(texts[1].trim()))
  if (shared.length === 0) return []
  const share = shared.length / evaluation.length
  const contexts = new Set(shared.map(({ texts }) => texts[1].trim())).size
  return [
    {
      code: 'SHARED_CONTEXT',
      severity: share >= worryingCut ? 'warning' : 'info',
      message: `${count(shared.length)} of ${counted(evaluation.length, 'evaluation question')} (${percent(share)}) are about ${counted(contexts, 'context')} that training questions are about too.`,
      advice: 'Split by context or article: the model has already read these texts with other answers marked.',
      counts: { questions: shared.length, contexts, share },
      examples: shared.slice(0, mostExamples).map((sample) => exampleOf(sample)),
    },
  ]
}
