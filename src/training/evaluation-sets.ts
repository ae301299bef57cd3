import { ConfigError } from '../core/errors.ts'

/** Items to judge a model on: one set of them, or several by name. */
export type EvaluationItems<Item> = readonly Item[] | Readonly<Record<string, readonly Item[]>>

/** A set of evaluation data. One that stands alone has no name. */
export interface EvaluationSet<Item> {
  name?: string
  items: readonly Item[]
}

/**
 * The sets that hold items, in the order that they were given.
 * @throws ConfigError for a name that is no word, or a named set without items
 */
export function evaluationSets<Item>(items: EvaluationItems<Item> = []): EvaluationSet<Item>[] {
  if (isOneSet(items)) return items.length > 0 ? [{ items }] : []
  return Object.entries(items).map(([name, items]) => {
    requireSetName(name)
    if (items.length === 0) throw new ConfigError('NO_EVAL_DATA', `the evaluation set "${name}" is empty`)
    return { name, items }
  })
}

/** @throws ConfigError unless metrics can carry the name: letters, digits, `-` and `_` */
export function requireSetName(name: string): void {
  if (/^[\p{L}\p{N}_-]+$/u.test(name)) return
  throw new ConfigError('EVAL_NAME', `an evaluation set is named by letters, digits, - and _, not "${name}"`)
}

/** Metrics with the set's name in front, as transformers' Trainer has them of several sets: `german_loss`. */
export function namedMetrics<Value>(name: string | undefined, metrics: Readonly<Record<string, Value>>) {
  if (name === undefined) return { ...metrics }
  return Object.fromEntries(Object.entries(metrics).map(([metric, value]) => [`${name}_${metric}`, value]))
}

/** A metric's name without that of the set in front of it, if it has one: `f1` of `german_f1`. */
export function metricOfSet(metric: string, sets: readonly { name?: string }[]): string {
  // Of two names of which one begins the other, the longer one is meant.
  const names = sets.flatMap(({ name }) => (name !== undefined && metric.startsWith(`${name}_`) ? [name] : []))
  return names.length === 0 ? metric : metric.slice(Math.max(...names.map((name) => name.length)) + 1)
}

/**
 * The metric that says what is best. Of several sets, a metric that names none is the first one's.
 * @throws ConfigError if it was not computed
 */
export function metricAmong(
  metrics: Readonly<Record<string, number>>,
  name: string,
  sets: readonly { name?: string }[],
): number {
  const value = metrics[name] ?? metrics[`${sets[0]?.name}_${name}`]
  if (value !== undefined) return value
  throw new ConfigError(
    'METRIC',
    `metricForBestModel "${name}" is not computed; there are ${Object.keys(metrics).join(', ')}`,
  )
}

// Array.isArray alone does not tell readonly arrays from records.
const isOneSet = <Item>(items: EvaluationItems<Item>): items is readonly Item[] => Array.isArray(items)

export const noEvaluationData = () => new ConfigError('NO_EVAL_DATA', 'there is no data to evaluate on')
