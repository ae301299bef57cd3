/**
 * How a text becomes the numbers that BERT reads, and a text again: pieces of words, special tokens, ids, padding.
 * Twin of the tutorials' `AutoTokenizer`: tokenize, a call with padding=True, return_offsets_mapping, decode.
 */
import { AutoTokenizer } from 'bertsmith'
import { languageModel } from './setup.ts'

const tokenizer = await AutoTokenizer.fromPretrained(languageModel)

const text = 'The directors filmed it wonderfully.'
console.log('Pieces:', tokenizer.tokenize(text).join(' '))

const encoding = tokenizer.encode(text) // with [CLS] in front and [SEP] behind
console.table(
  encoding.tokens.map((token, i) => {
    const [start, end] = encoding.offsets[i]
    return { token, id: encoding.ids[i], 'in the text': text.slice(start, end) }
  }),
)

const batch = tokenizer.encodeBatch([text, 'I loved it.'], { padding: 'longest' })
for (const { tokens, attentionMask } of batch) {
  console.log('Tokens:', tokens.join(' '))
  console.log('Mask:  ', attentionMask.join(' '))
}

console.log('Decoded:', tokenizer.decode(encoding.ids))
console.log('With special tokens:', tokenizer.decode(encoding.ids, { skipSpecialTokens: false }))
