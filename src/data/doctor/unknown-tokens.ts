import type { DataCheck, DataContext } from './context.ts'
import { count, mostExamples, percent } from './finding.ts'
import { exampleOf } from './sample.ts'
import { sampleNote } from './token-counts.ts'

/** Shares of the tokens: below the first it is not worth a word, from the second on the model misses a lot. */
const notable = 0.001
const worrying = 0.01
const mostWords = 8

/** Words that the vocabulary cannot write, so that the model sees [UNK] in their place. */
export const unknownTokens: DataCheck = {
  name: 'unknown-tokens',
  run(context) {
    const tokens = context.tokens()
    if (!tokens || tokens.tokens === 0) return []
    const { unknown, unknownWords, withUnknown, sampled } = tokens
    const share = unknown / tokens.tokens
    if (share < notable) return []
    const characters = unknownCharacters(context, unknownWords)
    const listed = unknownWords.slice(0, mostWords).map(([word, times]) => `${JSON.stringify(word)} (${count(times)})`)
    return [
      {
        code: 'UNKNOWN_TOKENS',
        severity: share >= worrying ? 'warning' : 'info',
        message:
          `${percent(share)} of the tokens are unknown to the vocabulary, in ${count(withUnknown.length)} of ${count(sampled.length)} texts` +
          `${sampleNote(tokens, context.all.length)}. Most often: ${listed.join(', ')}.` +
          (characters.length > 0 ? ` Characters that it lacks: ${characters.slice(0, 3 * mostWords).join(' ')}.` : ''),
        advice:
          'The model cannot tell these words apart. Use a model whose vocabulary has been learned on such texts, or add words with pretrain --grow-vocabulary.',
        counts: { unknown, tokens: tokens.tokens, share, texts: withUnknown.length },
        examples: withUnknown.slice(0, mostExamples).map((number) => exampleOf(context.all[number])),
      },
    ]
  },
}

/** Characters of the unknown words that are unknown by themselves. */
function unknownCharacters({ tokenizer }: DataContext, words: readonly (readonly [string, number])[]): string[] {
  const characters = new Set(words.slice(0, 200).flatMap(([word]) => [...word]))
  return [...characters].filter((character) => {
    const { ids } = tokenizer!.encode(character, { addSpecialTokens: false, truncation: false })
    return ids.length > 0 && ids.every((id) => id === tokenizer!.unkId)
  })
}
