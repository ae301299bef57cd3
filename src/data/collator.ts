import { DataError, ShapeError } from '../core/errors.ts'

/** Label of a token that takes no part in the loss, as in transformers and PyTorch. */
export const IGNORED_LABEL = -100

/** An encoded text or pair of texts, special tokens included, without padding. */
export interface EncodedSequence {
  /** `ids: int32 [length]` */
  ids: Int32Array
  /** `typeIds: int32 [length]`, 0 for the first text, 1 for the second */
  typeIds: Int32Array
}

/** A text, or pair of texts, as one sequence or as several windows of it. */
export interface EncodedText extends EncodedSequence {
  /**
   * `windows: int32 [W]`, tokens of each window; `ids` and `typeIds` hold the windows one behind the other. Absent: the text is
   * one sequence.
   */
  windows?: Int32Array
}

/**
 * A batch without padding: N real tokens in one flat list, B sequences, the longest of T tokens. Attention alone works on
 * a padded grid of B x T cells, to which `tokenRows` gathers and from which `cellOfToken` gathers back.
 */
export interface SequenceBatch {
  /** B */
  size: number
  /** N */
  tokens: number
  /** T */
  longest: number
  /** `ids: int32 [N]` */
  ids: Int32Array
  /** `typeIds: int32 [N]` */
  typeIds: Int32Array
  /** `positionIds: int32 [N]`, from 0 in each sequence */
  positionIds: Int32Array
  /** `tokenRows: int32 [B*T]`, the flat row of each cell b*T + t; padding cells hold 0 */
  tokenRows: Int32Array
  /** `cellOfToken: int32 [N]`, the cell b*T + t of each flat row */
  cellOfToken: Int32Array
  /** `keyMask: float32 [B*T]`, 1 for a real token, 0 for padding */
  keyMask: Float32Array
  /** `firstTokens: int32 [B]`, the flat row of each sequence's first token ([CLS]) */
  firstTokens: Int32Array
}

/** A batch of E texts: B sequences, of which each text has one or, where texts are read in windows, several. */
export interface TextBatch extends SequenceBatch {
  /** `windows: int32 [E]`, how many sequences, one behind the other, are the windows of each text; absent: one each */
  windows?: Int32Array
}

/** A text and its class. */
export interface ClassificationItem extends EncodedText {
  labelId: number
}

/** A batch for a classifier. */
export interface ClassificationBatch extends TextBatch {
  /** `labels: int32 [E]` */
  labels: Int32Array
}

/** A sequence and what its tokens were before masking. */
export interface MaskedLmItem extends EncodedSequence {
  /** `labels: int32 [length]`, the original id where a token is to be predicted, -100 elsewhere */
  labels: Int32Array
}

/** A batch for masked language modelling; M tokens are to be predicted, and M may be 0. */
export interface MaskedLmBatch extends SequenceBatch {
  /** `labels: int32 [M]` */
  labels: Int32Array
  /** `maskedRows: int32 [M]`, the flat rows of those tokens, ascending */
  maskedRows: Int32Array
}

/**
 * Joins sequences to a batch without padding.
 * @throws DataError for no sequences or one without tokens; ShapeError if ids and typeIds differ in length
 */
export function collateSequences(sequences: readonly EncodedSequence[]): SequenceBatch {
  const size = sequences.length
  if (size === 0) throw new DataError('EMPTY_BATCH', 'cannot make a batch of no sequences: expected at least one.')
  let tokens = 0
  let longest = 0
  sequences.forEach(({ ids, typeIds }, b) => {
    if (ids.length === 0) {
      throw new DataError('EMPTY_SEQUENCE', `sequence ${b} of the batch has no tokens: add special tokens or drop it.`)
    }
    requireLength('typeIds', typeIds.length, ids.length, b)
    tokens += ids.length
    longest = Math.max(longest, ids.length)
  })
  const batch: SequenceBatch = {
    size,
    tokens,
    longest,
    ids: new Int32Array(tokens), // [N]
    typeIds: new Int32Array(tokens), // [N]
    positionIds: new Int32Array(tokens), // [N]
    tokenRows: new Int32Array(size * longest), // [B*T]
    cellOfToken: new Int32Array(tokens), // [N]
    keyMask: new Float32Array(size * longest), // [B*T]
    firstTokens: new Int32Array(size), // [B]
  }
  let row = 0
  sequences.forEach(({ ids, typeIds }, b) => {
    batch.ids.set(ids, row)
    batch.typeIds.set(typeIds, row)
    batch.firstTokens[b] = row
    const firstCell = b * longest
    batch.keyMask.fill(1, firstCell, firstCell + ids.length)
    for (let t = 0; t < ids.length; t++, row++) {
      batch.positionIds[row] = t
      batch.tokenRows[firstCell + t] = row
      batch.cellOfToken[row] = firstCell + t
    }
  })
  return batch
}

/** The sequences that a text is read in, at least one. */
export function windowsOf({ ids, typeIds, windows }: EncodedText): EncodedSequence[] {
  if (!windows) return [{ ids, typeIds }]
  let start = 0
  return Array.from(windows, (length) => {
    const end = start + length
    const window = { ids: ids.subarray(start, end), typeIds: typeIds.subarray(start, end) }
    start = end
    return window
  })
}

/** Joins texts to a batch, the windows of each one behind the other. @throws as `collateSequences` */
export function collateTexts(texts: readonly EncodedText[]): TextBatch {
  const batch = collateSequences(texts.flatMap(windowsOf))
  if (texts.every(({ windows }) => windows === undefined)) return batch
  return { ...batch, windows: Int32Array.from(texts, ({ windows }) => windows?.length ?? 1) }
}

/** Joins labelled texts to a batch. @throws as `collateSequences` */
export function collateClassification(items: readonly ClassificationItem[]): ClassificationBatch {
  return { ...collateTexts(items), labels: Int32Array.from(items, ({ labelId }) => labelId) }
}

/**
 * Joins masked sequences to a batch, keeping the labels of masked tokens alone, so that the vocabulary head runs on them only.
 * @throws as `collateSequences`; ShapeError if ids and labels differ in length
 */
export function collateMaskedLm(items: readonly MaskedLmItem[]): MaskedLmBatch {
  const batch = collateSequences(items)
  const labels: number[] = []
  const maskedRows: number[] = []
  items.forEach((item, b) => {
    requireLength('labels', item.labels.length, item.ids.length, b)
    item.labels.forEach((label, t) => {
      if (label === IGNORED_LABEL) return
      labels.push(label)
      maskedRows.push(batch.firstTokens[b] + t)
    })
  })
  return { ...batch, labels: Int32Array.from(labels), maskedRows: Int32Array.from(maskedRows) }
}

function requireLength(name: string, length: number, expected: number, b: number): void {
  if (length === expected) return
  throw new ShapeError('SEQUENCE_LENGTH', `sequence ${b} of the batch has ${expected} ids but ${length} ${name}.`)
}
