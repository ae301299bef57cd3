import { DataError, didYouMean } from '../core/errors.ts'
import { describePlace, type Example, excerpt } from './example.ts'

/**
 * The distinct labels of the examples, sorted: as numbers if all are numbers, else by their UTF-16 units (so "B" < "a").
 * Examples without a label are passed over.
 */
export function collectLabels(examples: Iterable<Pick<Example, 'label'>>): string[] {
  const labels = new Set<string>()
  for (const { label } of examples) if (label !== undefined) labels.add(label)
  const sorted = [...labels].sort()
  const numeric = sorted.every((label) => /^[-+]?\d+(\.\d+)?$/.test(label))
  return numeric ? sorted.sort((a, b) => Number(a) - Number(b)) : sorted
}

/**
 * The position of each example's label in `labels`: `int32 [examples]`.
 * @throws DataError `UNKNOWN_LABEL` or `MISSING_LABEL` naming file and row
 */
export function labelIds(
  examples: readonly Pick<Example, 'label' | 'source'>[],
  labels: readonly string[],
): Int32Array {
  const ids = new Map(labels.map((label, id) => [label, id]))
  return Int32Array.from(examples, ({ label, source }) => {
    if (label === undefined) {
      throw new DataError(
        'MISSING_LABEL',
        `${describePlace(source)}: the example has no label: name the column that holds it with --label-column.`,
      )
    }
    const id = ids.get(label)
    if (id !== undefined) return id
    const guess = didYouMean(label, labels)
    const known = labels
      .slice(0, 50)
      .map((name) => excerpt(name))
      .join(', ')
    throw new DataError(
      'UNKNOWN_LABEL',
      `${describePlace(source)}: label ${excerpt(label)} is not one that the model knows${guess === '' ? '.' : guess} ` +
        `Known labels: ${known}${labels.length > 50 ? `, … (${labels.length})` : ''}. ` +
        'Evaluation data has a label that training never had: correct it, remove the row, or train with such examples.',
    )
  })
}
