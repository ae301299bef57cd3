import type { DataCheck } from './context.ts'
import { count, counted, mostExamples, percent } from './finding.ts'
import { exampleOf } from './sample.ts'
import { sampleNote } from './token-counts.ts'

const worrying = 0.2

/** Sentences with tags that are longer than the model takes, and so are read in several windows. */
export const longSentences: DataCheck = {
  name: 'long-sentences',
  targets: ['tags'],
  run(context) {
    const tokens = context.tokens()
    if (!tokens || context.maxLength === undefined || tokens.cut.length === 0) return []
    const { cut, sampled } = tokens
    const share = cut.length / sampled.length
    return [
      {
        code: 'LONG_SENTENCES',
        severity: share >= worrying ? 'warning' : 'info',
        message: `${count(cut.length)} of ${counted(sampled.length, 'sentence')} (${percent(share)}) are longer than ${count(context.maxLength)} tokens and are read in several windows${sampleNote(tokens, context.all.length)}.`,
        advice:
          'Nothing is lost, but words see only their window: raise --max-length if the model takes more, or check that blank lines end the sentences.',
        counts: { cut: cut.length, sentences: sampled.length, share },
        examples: cut.slice(0, mostExamples).map((number) => exampleOf(context.all[number])),
      },
    ]
  },
}
