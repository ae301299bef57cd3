import { DataError, ShapeError } from '../core/errors.ts'
import { collateTexts, type EncodedText, type TextBatch } from './collator.ts'

/** A text and what each output should be. */
export interface TargetItem extends EncodedText {
  /** `targets: float32 [C]`: 1 for each label that holds and 0 for the others, or the numbers to be met */
  targets: Float32Array
}

/** A batch for a classifier of several labels a text, or for a regression. */
export interface TargetBatch extends TextBatch {
  /** `targets: float32 [E, C]`, row-major */
  targets: Float32Array
}

/** Joins texts with targets to a batch. @throws as `collateSequences`; ShapeError if the targets differ in number */
export function collateTargets(items: readonly TargetItem[]): TargetBatch {
  const batch = collateTexts(items)
  const outputs = items[0].targets.length
  const targets = new Float32Array(items.length * outputs) // [E, C]
  items.forEach((item, b) => {
    if (item.targets.length !== outputs) {
      throw new ShapeError(
        'TARGET_COUNT',
        `text ${b} of the batch has ${item.targets.length} targets, text 0 has ${outputs}: each needs one an output.`,
      )
    }
    targets.set(item.targets, b * outputs)
  })
  return { ...batch, targets }
}

/** 1 at the ids of the labels that hold, 0 elsewhere: float32 [classes]. @throws DataError for an id out of range */
export function multiHot(labelIds: Iterable<number>, classes: number): Float32Array {
  const targets = new Float32Array(classes)
  for (const id of labelIds) {
    if (!(Number.isInteger(id) && id >= 0 && id < classes)) {
      throw new DataError('LABEL', `label ${id} is not in 0..${classes - 1}: there are ${classes} labels.`)
    }
    targets[id] = 1
  }
  return targets
}
