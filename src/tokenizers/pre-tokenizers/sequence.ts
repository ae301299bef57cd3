import type { PreTokenizer } from '../components.ts'
import { SplitText } from '../split-text.ts'
import { copyText } from './delimiters.ts'

/** Pre-tokenizers one after another, each on the words of the one before. */
export function createPreTokenizerSequence(preTokenizers: readonly PreTokenizer[]): PreTokenizer {
  const buffers = [new SplitText(), new SplitText()]
  return {
    split(input, out) {
      let from = input
      for (const [i, preTokenizer] of preTokenizers.entries()) {
        const to = i === preTokenizers.length - 1 ? out : buffers[i % 2]
        if (to !== out) to.clear()
        preTokenizer.split(from, to)
        from = to
      }
      if (preTokenizers.length > 0) return
      const shift = copyText(input, out)
      for (let w = 0; w < input.count; w++) out.pushWord(input.wordStarts[w] + shift, input.wordEnds[w] + shift)
      out.sourceStart = input.sourceStart
    },
  }
}
