import { stringify } from 'yaml'
import type { ReportedMetric } from '../run-record.ts'
import type { CardFacts } from './card-facts.ts'
import { cardTask } from './card-tasks.ts'
import { formatName, isFiniteNumber } from './format.ts'
import { oneLine } from './markdown.ts'

/** What the hub calls metrics, where that is something else. */
const hubMetrics: Readonly<Record<string, string>> = {
  pearson: 'pearsonr',
  spearman: 'spearmanr',
  exact: 'exact_match',
  masked_accuracy: 'accuracy',
}

/**
 * The metadata of a model card, between lines of `---`. What is not known is left out: the language and the licence, if nobody told
 * them. Data that stands in files has no id on the hub, so that its type is `unknown`.
 *
 * Source: Hugging Face, "Model Cards" (hub documentation), and the specification of `model-index` in hub-docs' modelcard.md.
 */
export function cardFrontMatter({ name, record, modelType, evaluationData, told }: CardFacts): string {
  const task = cardTask(record.task)
  const metrics = Object.entries(record.metrics).filter(([, { value }]) => isFiniteNumber(value))
  const text = (value: string | readonly string[] | undefined) =>
    typeof value === 'string' ? oneLine(value) : value?.map(oneLine)
  const hubNames = [...new Set(metrics.map(([metric]) => hubMetric(metric)))].filter(
    (metric) => !metric.endsWith('loss'),
  )
  const data = {
    language: text(told.language),
    license: text(told.license),
    library_name: 'transformers',
    pipeline_tag: task?.tag,
    base_model: text(told.baseModel),
    tags: ['bertsmith', modelType, record.task],
    metrics: hubNames.length > 0 ? hubNames : undefined,
    'model-index':
      metrics.length > 0
        ? [
            {
              name: oneLine(name),
              results: [
                {
                  task: { type: task?.tag ?? record.task, name: formatName(record.task.replaceAll('-', ' ')) },
                  dataset: { name: oneLine(evaluationData ?? '') || 'unknown', type: 'unknown' },
                  metrics: metrics.map(metricEntry),
                },
              ],
            },
          ]
        : undefined,
  }
  // As YAML 1.1, which Python reads: there `no`, the code of Norwegian, must stand in quotes.
  return `---\n${stringify(data, { version: '1.1', lineWidth: 0 })}---\n`
}

const metricEntry = ([metric, { value }]: [string, ReportedMetric]) => ({
  type: hubMetric(metric),
  value,
  name: oneLine(formatName(metric)),
})

/** `f1_macro` -> `f1`, which the hub has one metric for. */
function hubMetric(name: string): string {
  const base = name.replace(/_(macro|micro|weighted|samples)$/, '')
  return oneLine(Object.hasOwn(hubMetrics, base) ? hubMetrics[base] : base)
}
