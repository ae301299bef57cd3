import { encodeExamples, type SequenceEncoder } from '../data/encode-examples.ts'
import type { EncoderModel } from '../models/model.ts'
import { windowLength } from '../models/sequence-limit.ts'
import { classificationLogits, outputsOf, type PredictOptions } from '../training/tasks/predict.ts'

/** A text, or a pair of texts that are judged together. */
export type TextInput = string | { text: string; textPair?: string }

/** A text, or pair of texts, as results repeat it. */
export interface JudgedText {
  text: string
  textPair?: string
}

/** Says something of one text or many. */
export interface TextPipeline<Result, Options extends PredictOptions = PredictOptions> {
  (input: TextInput, options?: Options): Promise<Result>
  (inputs: readonly TextInput[], options?: Options): Promise<Result[]>
  readonly model: EncoderModel
  /** Ends the model's engine. */
  close(): Promise<void>
}

/** How texts are encoded. */
export interface TextPipelineOptions {
  /** Longer texts are cut to so many tokens; default what the model takes. Not for a model that reads them in windows. */
  maxLength?: number
}

/**
 * A pipeline from what its results are.
 * @param begin looks at a call's texts and options, and returns what makes the result of a text and its logits: float32 [C]
 */
export function textPipeline<Result extends JudgedText, Options extends PredictOptions = PredictOptions>(
  model: EncoderModel,
  tokenizer: SequenceEncoder,
  options: TextPipelineOptions,
  begin: (
    inputs: readonly JudgedText[],
    options: Partial<Options>,
  ) => (logits: Float32Array) => Omit<Result, keyof JudgedText>,
): TextPipeline<Result, Options> {
  const { longTexts, maxPositionEmbeddings } = model.config
  const maxLength = longTexts
    ? windowLength(longTexts, options.maxLength)
    : (options.maxLength ?? maxPositionEmbeddings)
  async function run(input: TextInput | readonly TextInput[], options?: Options) {
    const many = Array.isArray(input)
    const inputs = (many ? (input as readonly TextInput[]) : [input as TextInput]).map(
      (each): JudgedText => (typeof each === 'string' ? { text: each } : each),
    )
    const resultOf = begin(inputs, options ?? {})
    const outputs = outputsOf(model)
    const logits = await classificationLogits(
      model,
      encodeExamples(inputs, tokenizer, { maxLength, longTexts }),
      options,
    )
    const results = inputs.map(({ text, textPair }, i) => ({
      text,
      ...(textPair !== undefined && { textPair }),
      ...resultOf(logits.subarray(i * outputs, (i + 1) * outputs)),
    }))
    return many ? results : results[0]
  }
  return Object.assign(run as TextPipeline<Result, Options>, { model, close: () => model.close() })
}
