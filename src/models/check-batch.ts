import { DataError } from '../core/errors.ts'
import type { EncoderConfig } from './architecture.ts'
import type { ModelBatch } from './batch-inputs.ts'
import type { ModelDefinition } from './graphs.ts'

/**
 * Checks what the engine would only notice as a crash, or not at all.
 * @throws DataError naming what is out of range and what to do
 */
export function checkBatch(batch: ModelBatch, { config, head }: ModelDefinition): void {
  const { vocabSize, maxPositionEmbeddings, labels } = config
  checkRange(
    batch.ids,
    vocabSize,
    'token id',
    `the model's vocabulary has ${vocabSize} tokens; use the model's own tokenizer`,
  )
  checkRange(
    batch.typeIds,
    config.typeVocabSize ?? Number.POSITIVE_INFINITY,
    'segment id',
    'the model knows no more segments',
  )
  if (batch.longest > maxPositionEmbeddings) {
    throw new DataError(
      'TOO_LONG',
      `a sequence has ${batch.longest} tokens, the model takes at most ${maxPositionEmbeddings}: set maxLength and truncation`,
    )
  }
  if (batch.maskedRows) checkRange(batch.maskedRows, batch.tokens, 'masked row', 'the batch has no more tokens')
  if (batch.choices) checkGroups(batch, batch.choices, 'choice')
  if (batch.windows) {
    if (!config.longTexts)
      throw new DataError('WINDOWS', 'the batch has texts in windows, but the model does not pool them: see longTexts')
    checkGroups(batch, batch.windows, 'window')
  }
  if (batch.labels) {
    const expected = batch.maskedRows?.length ?? batch.choices?.length ?? batch.windows?.length ?? batch.size
    if (batch.labels.length !== expected) {
      throw new DataError('LABEL_COUNT', `the batch has ${batch.labels.length} labels for ${expected} items`)
    }
    if (batch.choices) checkChosen(batch.labels, batch.choices)
    else {
      const classes = head?.labelsAreTokens ? vocabSize : (head?.outputs ?? labels.length)
      checkRange(batch.labels, classes, 'label', `the model knows ${classes} labels`)
    }
  }
  if (batch.pairLabels) {
    if (batch.pairLabels.length !== batch.size) {
      throw new DataError(
        'LABEL_COUNT',
        `the batch has ${batch.pairLabels.length} pair labels for ${batch.size} sequences`,
      )
    }
    checkRange(batch.pairLabels, 2, 'pair label', '0 is "follows", 1 "does not follow"')
  }
  if (batch.targets) checkTargets(batch, batch.targets, config)
  if (batch.startLabels) checkPlaces(batch, batch.startLabels, 'start label')
  if (batch.endLabels) checkPlaces(batch, batch.endLabels, 'end label')
}

function checkTargets(
  { size, windows }: ModelBatch,
  targets: Float32Array,
  { labels, problemType }: EncoderConfig,
): void {
  const outputs = labels.length
  const texts = windows?.length ?? size
  if (targets.length !== texts * outputs) {
    throw new DataError(
      'LABEL_COUNT',
      `the batch has ${targets.length} targets for ${texts} texts: expected ${outputs} for each, as many as the model has labels`,
    )
  }
  const isShare = problemType === 'multi_label_classification'
  const wrong = targets.findIndex((target) => !(isShare ? target >= 0 && target <= 1 : Number.isFinite(target)))
  if (wrong < 0) return
  throw new DataError(
    'TARGET',
    `target ${targets[wrong]} of text ${Math.floor(wrong / outputs)} for "${labels[wrong % outputs]}" is ` +
      (isShare ? 'not in 0..1: 1 says that the label holds, 0 that it does not' : 'no finite number'),
  )
}

/** Counts of sequences that belong together. */
function checkGroups({ size }: ModelBatch, counts: Int32Array, what: 'choice' | 'window'): void {
  const code = `${what.toUpperCase()}S`
  const none = counts.findIndex((count) => count < 1)
  if (none >= 0) {
    throw new DataError(code, `example ${none} of the batch has ${counts[none]} ${what}s, not 1 or more`)
  }
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === size) return
  throw new DataError(code, `the examples of the batch have ${total} ${what}s in all, but there are ${size} sequences`)
}

/** Labels that are places among their examples' choices. */
function checkChosen(labels: Int32Array, choices: Int32Array): void {
  const wrong = labels.findIndex((label, e) => label < 0 || label >= choices[e])
  if (wrong < 0) return
  throw new DataError(
    'LABEL',
    `label ${labels[wrong]} of example ${wrong} is not in 0..${choices[wrong] - 1}: it has ${choices[wrong]} choices`,
  )
}

/** Labels that are places in their own sequences. */
function checkPlaces({ size, tokens, firstTokens }: ModelBatch, places: Int32Array, what: string): void {
  if (places.length !== size) {
    throw new DataError('LABEL_COUNT', `the batch has ${places.length} ${what}s for ${size} sequences`)
  }
  for (let b = 0; b < size; b++) {
    const length = (b + 1 < size ? firstTokens[b + 1] : tokens) - firstTokens[b]
    if (places[b] >= 0 && places[b] < length) continue
    throw new DataError(
      codeOf(what),
      `${what} ${places[b]} of sequence ${b} is not in 0..${length - 1}: it counts the tokens of its sequence, which has ` +
        `${length}; an answer that was cut off has label 0`,
    )
  }
}

const codeOf = (what: string): string => what.toUpperCase().replaceAll(' ', '_')

function checkRange(values: Int32Array, limit: number, what: string, of: string): void {
  for (let i = 0; i < values.length; i++) {
    if (values[i] >= 0 && values[i] < limit) continue
    throw new DataError(codeOf(what), `${what} ${values[i]} at place ${i} is not in 0..${limit - 1}: ${of}`)
  }
}
