import { DataError } from '../core/errors.ts'
import { collateSequences, type EncodedSequence, type SequenceBatch } from './collator.ts'

/** An example's choices, each encoded with what it answers. */
export interface Choices {
  choices: readonly EncodedSequence[]
}

/** An example's choices and which of them is right. */
export interface MultipleChoiceItem extends Choices {
  /** From 0. */
  labelId: number
}

/** A batch of E examples with B choices in all. */
export interface ChoiceBatch extends SequenceBatch {
  /** `choices: int32 [E]`, how many sequences, one behind the other, are the choices of each example */
  choices: Int32Array
}

/** A batch for multiple choice. */
export interface MultipleChoiceBatch extends ChoiceBatch {
  /** `labels: int32 [E]` */
  labels: Int32Array
}

/**
 * Joins the choices of examples to a batch; examples may have different numbers of them.
 * @throws as `collateSequences`; DataError for an example without choices
 */
export function collateChoices(examples: readonly Choices[]): ChoiceBatch {
  examples.forEach(({ choices }, e) => {
    if (choices.length > 0) return
    throw new DataError('NO_CHOICES', `example ${e} of the batch has no choices: expected at least one.`)
  })
  const batch = collateSequences(examples.flatMap(({ choices }) => choices))
  return { ...batch, choices: Int32Array.from(examples, ({ choices }) => choices.length) }
}

/** Joins examples whose right choice is known to a batch. @throws as `collateChoices` */
export function collateMultipleChoice(items: readonly MultipleChoiceItem[]): MultipleChoiceBatch {
  return { ...collateChoices(items), labels: Int32Array.from(items, ({ labelId }) => labelId) }
}
