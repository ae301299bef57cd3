import type { PreTokenizer } from '../components.ts'
import { codePointValues } from '../unicode/runs.ts'
import { scriptRuns } from '../unicode/script-runs.ts'
import { copyText } from './delimiters.ts'

/**
 * Where the script changes; kana count as Han. Spaces and characters of no script stay with what stands before them, and
 * at the beginning are dropped. Matches huggingface/tokenizers `pre_tokenizers/unicode_scripts/pre_tokenizer.rs`.
 */
export function createUnicodeScripts(): PreTokenizer {
  const scripts = codePointValues(scriptRuns)
  return {
    split(input, out) {
      const shift = copyText(input, out)
      for (let w = 0; w < input.count; w++) {
        const end = input.wordEnds[w]
        let from = -1
        let last = 0
        for (let i = input.wordStarts[w]; i < end; i++) {
          const script = scripts[input.text.codePoints[i]]
          if (script === 0 || script === last) continue
          if (from !== -1) out.pushWord(from + shift, i + shift)
          from = i
          last = script
        }
        if (from !== -1) out.pushWord(from + shift, end + shift)
      }
    },
  }
}
