import { DataError, didYouMean } from '../core/errors.ts'
import { describePlace, type Example, type ExampleSource, excerpt } from './example.ts'

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
    throw unknownLabel(label, source, collectLabels(examples), labels)
  })
}

/** The error for a label that a model does not know: names both sides' labels. */
export function unknownLabel(
  label: string,
  source: ExampleSource,
  found: readonly string[],
  known: readonly string[],
): DataError {
  const guess = didYouMean(label, known)
  return new DataError(
    'UNKNOWN_LABEL',
    `${describePlace(source)}: label ${excerpt(label)} is not one that the model knows${guess === '' ? '.' : guess} ` +
      `Known labels: ${listedLabels(known)}. Labels of the data: ${listedLabels(found)}. ` +
      'Evaluation data has a label that training never had: correct it, remove the row, or train with such examples.',
  )
}

/** `"a", "b"`: labels for a message, the first fifty of them. */
export function listedLabels(labels: readonly string[]): string {
  const shown = labels.slice(0, 50).map((name) => excerpt(name))
  return `${shown.join(', ')}${labels.length > shown.length ? `, … (${labels.length})` : ''}`
}
