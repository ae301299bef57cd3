import type { AddedToken } from '../added-tokens.ts'

/** The special tokens of a family of models. */
export interface SpecialTokenFamily {
  /** In the order in which they begin the vocabulary. */
  order: readonly string[]
  special: Readonly<Record<'unk' | 'cls' | 'sep' | 'pad' | 'mask' | 'bos' | 'eos', string>>
}

const roberta: SpecialTokenFamily = {
  order: ['<s>', '<pad>', '</s>', '<unk>', '<mask>'],
  special: { bos: '<s>', eos: '</s>', cls: '<s>', sep: '</s>', pad: '<pad>', unk: '<unk>', mask: '<mask>' },
}

/** Special tokens as the published models have them; XLM-R has those of RoBERTa. */
export const specialTokenFamilies: Readonly<Record<'roberta' | 'xlm-roberta' | 'albert', SpecialTokenFamily>> = {
  roberta,
  'xlm-roberta': roberta,
  albert: {
    order: ['<pad>', '<unk>', '[CLS]', '[SEP]', '[MASK]'],
    special: {
      bos: '[CLS]',
      eos: '[SEP]',
      cls: '[CLS]',
      sep: '[SEP]',
      pad: '<pad>',
      unk: '<unk>',
      mask: '[MASK]',
    },
  },
}

/** Special tokens with ids from 0 on; the mask takes the space before it, as in the published models. */
export function toAddedTokens(tokens: readonly string[], mask: string): AddedToken[] {
  return tokens.map((content, id) => ({
    content,
    id,
    special: true,
    normalized: false,
    singleWord: false,
    lstrip: content === mask,
    rstrip: false,
  }))
}
