import { describeCut } from '../text-windows.ts'
import type { DataCheck } from './context.ts'
import { count, counted, mostExamples, percent } from './finding.ts'
import { exampleOf } from './sample.ts'
import { sampleNote } from './token-counts.ts'

/** Shares of texts and of tokens from which on it is a warning. */
const worryingTexts = 0.2
const worryingTokens = 0.05

/** Texts that are longer than what the model is given of them. Sentences with tags and questions are read in windows instead. */
export const truncation: DataCheck = {
  name: 'truncation',
  targets: ['class', 'classes', 'number'],
  run(context) {
    const tokens = context.tokens()
    const { all, maxLength, longTexts } = context
    if (!tokens || maxLength === undefined || tokens.cut.length === 0) return []
    const { cut, lost, sampled, lengths } = tokens
    const textShare = cut.length / sampled.length
    const tokenShare = lost / Math.max(1, tokens.tokens)
    const sorted = Int32Array.from(lengths).sort()
    const longest = sorted[sorted.length - 1]
    const most = sorted[Math.ceil(0.95 * sorted.length) - 1]
    return [
      {
        code: 'TRUNCATION',
        severity: textShare >= worryingTexts || tokenShare >= worryingTokens ? 'warning' : 'info',
        message: `${count(cut.length)} of ${counted(sampled.length, 'text')} (${percent(textShare)}) are cut ${describeCut(maxLength, longTexts)}; ${percent(tokenShare)} of all tokens are lost${sampleNote(tokens, all.length)}. The longest has ${count(longest)} tokens, 95 % have ${count(most)} or fewer.`,
        advice: longTexts
          ? 'Raise --max-windows, or --max-length if the model takes more, or put what matters first: the end is cut.'
          : `Raise --max-length if the model takes more (${count(most)} would hold 95 % of the texts), read classified texts in windows with --long-texts mean, choose a model for longer texts, or put what matters first: the end is cut.`,
        counts: { cut: cut.length, texts: sampled.length, textShare, lost, tokenShare, longest, percentile95: most },
        examples: cut.slice(0, mostExamples).map((number) => exampleOf(all[number])),
      },
    ]
  },
}
