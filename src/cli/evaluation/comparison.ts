import { ConfigError } from '../../core/errors.ts'
import type { ModelComparison } from '../../training/evaluation-record.ts'
import { lowerIsBetter } from '../../training/metric-direction.ts'
import type { LabelledModel } from '../../training/tasks/finetune-task.ts'
import { differenceVerdict, formatP } from '../../training/verdict.ts'
import { formatMetric, textTable } from '../tables.ts'

/** A model by its folder. */
interface NamedModel extends LabelledModel {
  folder: string
}

/** @throws ConfigError `COMPARED_LABELS` if two models call classes by different names, or have them in another order */
export function requireSameClasses(
  { classNames }: { classNames?(model: LabelledModel): readonly string[] },
  first: NamedModel,
  second: NamedModel,
): void {
  const [own, other] = [first, second].map((model) => classNames?.(model) ?? [])
  if (own.length === other.length && own.every((label, i) => label === other[i])) return
  throw new ConfigError(
    'COMPARED_LABELS',
    `${first.folder} has the labels ${own.join(', ')}, ${second.folder} has ${other.join(', ')}: models can be compared only if ` +
      'they have the same labels in the same order',
  )
}

/** Both values of each metric, the difference, and whether it may be chance. */
export function comparisonText(folder: string, { model, metrics }: ModelComparison): string {
  const signed = (value: number) => (value > 0 ? `+${formatMetric(value)}` : formatMetric(value))
  const rows = Object.entries(metrics).map(([name, row]) => [
    name,
    formatMetric(row.first),
    formatMetric(row.second),
    signed(row.difference),
    `${signed(row.low)} – ${signed(row.high)}`,
    formatP(row.p),
    differenceVerdict(name, row),
  ])
  const table = textTable([['metric', 'this', 'other', 'difference', '95 % interval', 'p', ''], ...rows], {
    right: [1, 2, 3, 5],
  })
  return `${folder} (this) against ${model} (other), on the same examples:\n${table}\n  ${headlineSentence(folder, { model, metrics })}`
}

/** The first metric in words. */
function headlineSentence(folder: string, { model, metrics }: ModelComparison): string {
  const [name, row] = Object.entries(metrics)[0]
  const { difference, p } = row
  if (difference === 0) return `By ${name} the two are equal.`
  const better = lowerIsBetter(name) === difference < 0 ? folder : model
  const size = `${Math.abs(difference).toFixed(4)} in ${name}`
  if (differenceVerdict(name, row) === 'may be chance')
    return `The difference of ${size} may be chance (p = ${formatP(p)}): these examples do not tell which is better.`
  return `${better} is better by ${size}, which is more than chance explains (p ${p < 1e-4 ? '' : '= '}${formatP(p)}).`
}
