/** Flags of `finetune` and `evaluate` that some tasks have and others have not. */
import { tagSchemes } from '../../data/token-classification/index.ts'
import type { Flags, ValuesOf } from '../command.ts'
import { dataFlags } from '../inputs.ts'
import { maskingKinds } from '../masking-flags.ts'

/** Every such flag; each task names its own. */
export const taskFlags = {
  'text-column': {
    ...dataFlags['text-column'],
    description: 'Column of the text (default text; from 0 without header), or of the words (default tokens; conll 0)',
  },
  'text-pair-column': dataFlags['text-pair-column'],
  'label-column': {
    ...dataFlags['label-column'],
    description: 'Column of the label (default label), or of the tags (default tags or ner_tags; conll the last)',
  },
  'label-columns': {
    type: 'string',
    many: true,
    value: 'NAME…',
    description: 'Columns that are one label each and hold 1 or 0, in place of the label column',
  },
  'label-separator': {
    type: 'string',
    value: 'TEXT',
    description: 'What stands between the labels of a cell of a csv or tsv (default |)',
  },
  threshold: { type: 'number', value: 'P', description: 'Give a label from this probability on (default 0.5)' },
  'tag-scheme': {
    type: 'string',
    value: [...tagSchemes, 'none'].join('|'),
    description: 'How tags mark entities (default: as the data does; none: any sequence of tags)',
  },
  'label-all-pieces': { type: 'boolean', description: 'Every piece of a word has its tag, not the first alone' },
  aggregation: {
    type: 'string',
    value: 'first|average|max',
    description: 'Which pieces decide the tag of a word (default first; others use all pieces)',
  },
  'doc-stride': {
    type: 'number',
    description: 'Tokens that a window of a long text repeats of the one before (default by --max-length)',
  },
  'max-question-length': { type: 'number', description: 'Cut questions to so many tokens (default 64)' },
  'max-answer-length': { type: 'number', description: 'Longest answer in tokens (default 30)' },
  'allow-no-answer': { type: 'boolean', description: 'Also answer that there is none (default: if the data has such)' },
  'null-threshold': {
    type: 'number',
    value: 'X',
    description: 'Answer that there is none only if its score is greater by more than this (default 0)',
  },
  masking: { type: 'string', value: maskingKinds.join('|'), description: 'What is masked (default token)' },
  'mask-probability': { type: 'number', description: 'Share of the tokens to predict (default 0.15)' },
  'repair-answers': { type: 'boolean', description: 'Move answers to where they stand, if that is not where they say' },
} as const satisfies Flags

export type TaskFlag = keyof typeof taskFlags

/** The values of these flags, and what all tasks have. */
export type TaskValues = Partial<ValuesOf<typeof taskFlags>> & { readonly format?: string; readonly seed?: number }

/** The format flag of commands that read files of any task. */
export const formatFlag = {
  ...dataFlags.format,
  value: 'csv|tsv|jsonl|conll|squad',
} as const
