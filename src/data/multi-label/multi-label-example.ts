import { DataError } from '../../core/errors.ts'
import { multiHot } from '../collate-targets.ts'
import type { Example } from '../example.ts'
import { collectLabels, unknownLabel } from '../labels.ts'

/** One text, or pair of texts, and every label that holds for it: none, one or several. */
export interface MultiLabelExample extends Omit<Example, 'label'> {
  /** Distinct names. */
  labels: readonly string[]
}

/** The distinct labels of the examples, sorted as `collectLabels` does. */
export function collectMultiLabels(examples: readonly Pick<MultiLabelExample, 'labels'>[]): string[] {
  return collectLabels(examples.flatMap(({ labels }) => labels.map((label) => ({ label }))))
}

/**
 * 1 for each label that holds, 0 for the others, of each example: float32 [C].
 * @param labels the C names that there are
 * @throws DataError `UNKNOWN_LABEL` naming file and row, the labels of the data and those of the model
 */
export function labelTargets(
  examples: readonly Pick<MultiLabelExample, 'labels' | 'source'>[],
  labels: readonly string[],
): Float32Array[] {
  const ids = new Map(labels.map((label, id) => [label, id]))
  return examples.map((example) => {
    const held = example.labels.map((label) => {
      const id = ids.get(label)
      if (id === undefined) throw unknownLabel(label, example.source, collectMultiLabels(examples), labels)
      return id
    })
    return multiHot(held, labels.length)
  })
}

/** @throws DataError `DUPLICATE_LABELS` for a label that comes twice in an example */
export function distinctLabels(labels: readonly string[], place: string): readonly string[] {
  const twice = labels.find((label, i) => labels.indexOf(label) !== i)
  if (twice === undefined) return labels
  throw new DataError(
    'DUPLICATE_LABELS',
    `${place}: the label ${JSON.stringify(twice)} comes twice: remove one of them.`,
  )
}
