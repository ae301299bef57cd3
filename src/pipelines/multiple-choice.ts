import { DataError } from '../core/errors.ts'
import type { SequenceEncoder } from '../data/encode-examples.ts'
import { type ChoiceQuestion, encodeChoices } from '../data/multiple-choice/index.ts'
import { likeliest } from '../training/choice-metrics.ts'
import type { PredictOptions } from '../training/tasks/predict.ts'
import { type ChoiceModel, choiceProbabilities } from '../training/tasks/predict-choices.ts'

/** A question with what was chosen. */
export interface ChosenAnswer extends ChoiceQuestion {
  /** The place of the likeliest choice, from 0. */
  label: number
  /** Its text. */
  choice: string
  /** Its probability. */
  score: number
  /** The probability of each choice, in their order. */
  scores: number[]
}

/** A model that chooses. */
export interface ChoicePipelineModel extends ChoiceModel {
  readonly config: { readonly maxPositionEmbeddings: number }
  close(): Promise<void>
}

/** Chooses for one question or many. */
export interface MultipleChoicePipeline {
  (question: ChoiceQuestion, options?: PredictOptions): Promise<ChosenAnswer>
  (questions: readonly ChoiceQuestion[], options?: PredictOptions): Promise<ChosenAnswer[]>
  readonly model: ChoicePipelineModel
  /** Ends the model's engine. */
  close(): Promise<void>
}

/**
 * Question and choices in, the right one out.
 *
 * ```ts
 * const choose = multipleChoicePipeline(model, tokenizer)
 * await choose({ question: 'The sky is', choices: ['blue.', 'a fish.'] }) // { …, label: 0, choice: 'blue.', score: 0.99, scores: [0.99, 0.01] }
 * ```
 * @param maxLength a choice with its question is cut to so many tokens; default what the model takes
 * @throws DataError from calls, for a question with fewer than two choices
 */
export function multipleChoicePipeline(
  model: ChoicePipelineModel,
  tokenizer: SequenceEncoder,
  { maxLength = model.config.maxPositionEmbeddings }: { maxLength?: number } = {},
): MultipleChoicePipeline {
  async function choose(input: ChoiceQuestion | readonly ChoiceQuestion[], options?: PredictOptions) {
    const many = Array.isArray(input)
    const questions = many ? (input as readonly ChoiceQuestion[]) : [input as ChoiceQuestion]
    for (const [i, { choices }] of questions.entries()) {
      if (choices.length >= 2) continue
      throw new DataError('CHOICES', `question ${i + 1} has ${choices.length} choices: expected two or more.`)
    }
    const encoded = encodeChoices(questions, tokenizer, { maxLength })
    const probabilities = await choiceProbabilities(model, encoded, options)
    const results = questions.map(({ context, question, choices }, i): ChosenAnswer => {
      const label = likeliest(probabilities[i])
      return {
        ...(context !== undefined && { context }),
        question,
        choices,
        label,
        choice: choices[label],
        score: probabilities[i][label],
        scores: [...probabilities[i]],
      }
    })
    return many ? results : results[0]
  }
  return Object.assign(choose as MultipleChoicePipeline, { model, close: () => model.close() })
}
