import { describeCut } from '../../data/text-windows.ts'
import type { EncoderModel } from '../../models/model.ts'
import { modelSummary } from '../model-summary.ts'
import type { RunRecord, SettingValue } from '../run-record.ts'
import type { TaskReport } from '../tasks/finetune-task.ts'
import type { TrainResult } from '../trainer.ts'
import type { TrainingArguments } from '../training-arguments.ts'
import { adapterSettings } from './adapter-settings.ts'
import type { FinetuneOptions } from './finetune-options.ts'

/** A run that has ended. */
export interface FinetuneRun {
  task: { name: string; title: string }
  options: Omit<FinetuneOptions<unknown>, 'computeMetrics'>
  args: TrainingArguments
  result: TrainResult
  metrics: RunRecord['metrics']
  /** Of all sets together. */
  evalExamples: number
  report: TaskReport
  maxLength: number
  truncated: number
  environment: RunRecord['environment']
  findings: RunRecord['findings']
}

/** What the report of a fine-tuned model shows. */
export function finetuneRecord(run: FinetuneRun): RunRecord {
  const { task, options, args, result, metrics, evalExamples, maxLength, truncated } = run
  const { model, trainExamples, trainSource, evalSource } = options
  const { config } = model
  const warnings = [...(options.warnings ?? [])]
  if (truncated > 0) {
    const all = trainExamples.length + evalExamples
    warnings.push(`${truncated} of ${all} texts were cut ${describeCut(maxLength, config.longTexts)}.`)
  }
  const { labelCounts, ...report } = run.report
  return {
    title: options.title ?? task.title,
    task: task.name,
    finishedAt: new Date().toISOString(),
    model: modelSummary(model, { name: options.modelName ?? model.className, maxLength }),
    data: {
      trainExamples: trainExamples.length,
      trainSource,
      ...(evalExamples > 0 && { evalExamples, evalSource }),
      labelCounts,
    },
    settings: { ...args, ...finetuneSettings(model, maxLength) },
    environment: run.environment,
    history: result.state.log_history,
    metrics,
    baselines: options.baselines,
    ...report,
    timing: { seconds: result.seconds, tokensPerSecond: result.tokensPerSecond, steps: result.steps },
    warnings,
    findings: run.findings,
  }
}

/** What decides a run beside its training arguments, for report and model card. */
export function finetuneSettings(model: EncoderModel, maxLength: number): Record<string, SettingValue> {
  const { longTexts } = model.config
  return { maxLength, ...(longTexts && { longTexts: { ...longTexts } }), ...adapterSettings(model) }
}
