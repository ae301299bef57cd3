import type { DataCheck } from './context.ts'
import { counted } from './finding.ts'

/** A text has so many words on average, and so many of its values are different. */
const leastWords = 3
const leastDistinct = 0.5
/** A label has at most so many values, and each comes so often on average. */
const mostLabels = 20
const leastTimes = 3

/** Columns that nothing reads although they look like texts or labels: a second text, or the labels themselves. */
export const unusedColumns: DataCheck = {
  name: 'unused-columns',
  run({ unusedColumns: columns }) {
    const kinds = columns.flatMap((column) => {
      const kind = kindOf(column.values.filter((value) => value.trim() !== ''))
      return kind ? [{ ...column, kind }] : []
    })
    if (kinds.length === 0) return []
    const listed = kinds.map(({ name, kind }) => `${JSON.stringify(name)} looks like ${kind}`)
    return [
      {
        code: 'UNUSED_COLUMNS',
        severity: 'info',
        message: `${counted(kinds.length, 'column')} of ${kinds[0].file} ${kinds.length === 1 ? 'is' : 'are'} not read: ${listed.join(', ')}.`,
        advice: 'If they matter, name them with --text-column, --text-pair-column or --label-column.',
        counts: { columns: kinds.length },
        examples: kinds.map(({ file, name, values }) => ({
          place: `${file}, column ${JSON.stringify(name)}`,
          text: values[0] ?? '',
        })),
      },
    ]
  },
}

function kindOf(values: readonly string[]): 'texts' | 'labels' | undefined {
  if (values.length < 2) return undefined
  const distinct = new Set(values).size
  const words = values.reduce((sum, value) => sum + value.trim().split(/\s+/).length, 0) / values.length
  if (words >= leastWords && distinct >= leastDistinct * values.length) return 'texts'
  if (words < leastWords && distinct > 1 && distinct <= mostLabels && values.length >= leastTimes * distinct)
    return 'labels'
  return undefined
}
