import type { MetricInterval } from '../bootstrap.ts'
import { classificationMetrics } from '../metrics.ts'
import type { DataSummary, RunRecord, WrongExample } from '../run-record.ts'
import type { ClassificationPredictions } from '../tasks/text-classification.ts'
import type { TrainResult } from '../trainer.ts'
import type { TrainingArguments } from '../training-arguments.ts'
import type { FinetuneClassifierOptions } from './finetune-options.ts'

/** A run that has ended. */
export interface ClassificationRun {
  options: FinetuneClassifierOptions
  args: TrainingArguments
  result: TrainResult
  metrics: Readonly<Record<string, MetricInterval>>
  /** Absent without evaluation data. */
  predictions: ClassificationPredictions | undefined
  maxLength: number
  truncated: number
  environment: RunRecord['environment']
}

/** Wrong examples that the report shows at most. */
const mostWrong = 24

/** What the report of a fine-tuned classifier shows. */
export function classificationRecord(run: ClassificationRun): RunRecord {
  const { options, args, result, metrics, predictions, maxLength, truncated } = run
  const { model, trainExamples, evalExamples = [] } = options
  const { config } = model
  const evaluation = predictions && classificationMetrics(predictions)
  const warnings = [...(options.warnings ?? [])]
  if (truncated > 0) {
    const all = trainExamples.length + evalExamples.length
    warnings.push(`${truncated} of ${all} texts were cut at ${maxLength} tokens.`)
  }
  return {
    title: options.title ?? 'Text classification',
    task: 'text-classification',
    finishedAt: new Date().toISOString(),
    model: {
      name: options.modelName ?? model.className,
      parameters: model.parameterCount,
      layers: config.numHiddenLayers,
      hiddenSize: config.hiddenSize,
      heads: config.numAttentionHeads,
      vocabSize: config.vocabSize,
      maxLength,
    },
    data: dataSummary(options),
    settings: { ...args, maxLength },
    environment: run.environment,
    history: result.state.log_history,
    metrics,
    baselines: options.baselines,
    confusion: evaluation && { labels: config.labels, counts: confusionRows(evaluation.confusion) },
    perClass: evaluation?.perClass.map((scores, i) => ({ label: config.labels[i], ...scores })),
    wrongExamples: predictions && wrongExamples(options, predictions),
    timing: { seconds: result.seconds, tokensPerSecond: result.tokensPerSecond, steps: result.steps },
    warnings,
  }
}

function dataSummary({
  model,
  trainExamples,
  evalExamples = [],
  trainSource,
  evalSource,
}: FinetuneClassifierOptions): DataSummary {
  const count = (examples: typeof trainExamples) => {
    const counts = new Map<string | undefined, number>()
    for (const { label } of examples) counts.set(label, (counts.get(label) ?? 0) + 1)
    return counts
  }
  const [train, evaluation] = [count(trainExamples), count(evalExamples)]
  const hasEval = evalExamples.length > 0
  return {
    trainExamples: trainExamples.length,
    trainSource,
    ...(hasEval && { evalExamples: evalExamples.length, evalSource }),
    labelCounts: model.config.labels.map((label) => ({
      label,
      train: train.get(label) ?? 0,
      ...(hasEval && { eval: evaluation.get(label) ?? 0 }),
    })),
  }
}

/** The wrong predictions with the highest probability, worst first. */
function wrongExamples(
  { model, evalExamples = [] }: FinetuneClassifierOptions,
  { predictions, labels, probabilities, numLabels }: ClassificationPredictions,
): WrongExample[] {
  const { labels: names } = model.config
  const scoreOf = (i: number) => probabilities[i * numLabels + predictions[i]]
  return [...predictions.keys()]
    .filter((i) => predictions[i] !== labels[i])
    .sort((a, b) => scoreOf(b) - scoreOf(a) || a - b)
    .slice(0, mostWrong)
    .map((i) => ({
      text: evalExamples[i].text,
      textPair: evalExamples[i].textPair,
      label: names[labels[i]],
      predicted: names[predictions[i]],
      score: scoreOf(i),
      source: `${evalExamples[i].source.file}, row ${evalExamples[i].source.row}`,
    }))
}

/** Rows are true labels, columns predicted ones. */
export function confusionRows({ numLabels, counts }: { numLabels: number; counts: Int32Array }): number[][] {
  return Array.from({ length: numLabels }, (_, i) => [...counts.subarray(i * numLabels, (i + 1) * numLabels)])
}
