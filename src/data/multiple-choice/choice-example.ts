import { DataError } from '../../core/errors.ts'
import type { MultipleChoiceItem } from '../collate-choices.ts'
import type { EncodedSequence } from '../collator.ts'
import { encodeExamples, type SequenceEncoder } from '../encode-examples.ts'
import { describePlace, type Example, type ExampleSource } from '../example.ts'

/** A question and what may answer it. */
export interface ChoiceQuestion {
  /** What the question is about, such as a passage. */
  context?: string
  /** The question, or the beginning that a choice completes. */
  question: string
  /** Two or more. */
  choices: readonly string[]
}

/** A question whose right choice may be known. */
export interface ChoiceExample extends ChoiceQuestion {
  /** The place of the right choice, from 0. */
  label?: number
  source: ExampleSource
}

/** An example's choices one behind the other, and each by itself. */
export interface EncodedChoices extends EncodedSequence {
  choices: readonly EncodedSequence[]
}

/** Encoded choices of which the right one is known. */
export interface ChoiceItem extends EncodedChoices, MultipleChoiceItem {}

/**
 * The texts that a choice is judged by: the context and, as second text, the question with the choice behind it; without a
 * context the question and the choice. For SWAG these are transformers' (`sent1`, `sent2 ending`).
 */
export function choiceTexts({ context, question, choices }: ChoiceQuestion): Pick<Example, 'text' | 'textPair'>[] {
  if (context === undefined) return choices.map((choice) => ({ text: question, textPair: choice }))
  const before = question === '' ? '' : `${question} `
  return choices.map((choice) => ({ text: context, textPair: `${before}${choice}` }))
}

/** Encodes questions with all their choices. `truncated` says whether one of an example's choices was cut. */
export function encodeChoices(
  questions: readonly ChoiceQuestion[],
  encoder: SequenceEncoder,
  { maxLength }: { maxLength?: number } = {},
): (EncodedChoices & { truncated: boolean })[] {
  return questions.map((question) => {
    const encoded = encodeExamples(choiceTexts(question), encoder, { maxLength })
    const lengths = encoded.map(({ ids }) => ids.length)
    const total = lengths.reduce((sum, length) => sum + length, 0)
    const ids = new Int32Array(total)
    const typeIds = new Int32Array(total)
    let start = 0
    const choices = encoded.map((sequence, k) => {
      const end = start + lengths[k]
      ids.set(sequence.ids, start)
      typeIds.set(sequence.typeIds, start)
      const choice = { ids: ids.subarray(start, end), typeIds: typeIds.subarray(start, end) }
      start = end
      return choice
    })
    return { ids, typeIds, choices, truncated: encoded.some(({ truncated }) => truncated) }
  })
}

/** The place of each example's right choice. @throws DataError `MISSING_LABEL` naming file and row */
export function choiceLabels(examples: readonly ChoiceExample[]): number[] {
  return examples.map(({ label, source }) => {
    if (label !== undefined) return label
    throw new DataError(
      'MISSING_LABEL',
      `${describePlace(source)}: the example does not say which choice is right: its label is missing, empty or -1, which stands for an ` +
        'unknown one. Give the place of the right choice, counted from 0, as "label", or name the key with --label-column.',
    )
  })
}
