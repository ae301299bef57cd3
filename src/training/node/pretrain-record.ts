import { modelSummary } from '../model-summary.ts'
import type { FillIn, RunRecord, SettingValue } from '../run-record.ts'
import type { TrainResult } from '../trainer.ts'
import type { TrainingArguments } from '../training-arguments.ts'
import { adapterSettings } from './adapter-settings.ts'
import type { PretrainOptions, PretrainPhase, PretrainResult } from './pretrain-options.ts'

/** A run that has ended. */
export interface PretrainingRun extends Pick<PretrainResult, 'comparisons' | 'corpus'> {
  options: PretrainOptions
  args: TrainingArguments
  result: TrainResult
  phases: readonly PretrainPhase[]
  fillIns: readonly FillIn[]
  environment: RunRecord['environment']
}

/** What the report of a pre-training run shows. */
export function pretrainingRecord(run: PretrainingRun): RunRecord {
  const { options, args, result, comparisons, corpus, phases, fillIns, environment } = run
  const { model } = options
  const metrics: Record<string, { value: number }> = {}
  const baselines: Record<string, Record<string, number>> = {}
  for (const [name, { before, after }] of Object.entries(comparisons)) {
    const isOwn = Object.keys(comparisons)[0] === name
    for (const [metric, value] of Object.entries(after)) {
      if (!isOwn && metric !== 'perplexity') continue
      const key = isOwn ? metric : `${metric} (${name})`
      metrics[key] = { value }
      baselines.Before = { ...baselines.Before, [key]: before[metric] }
    }
  }
  return {
    title: options.title ?? 'Pre-training',
    task: 'pretraining',
    finishedAt: new Date().toISOString(),
    model: modelSummary(model, {
      name: options.modelName ?? model.className,
      maxLength: Math.max(...phases.map(({ maxLength }) => maxLength)),
    }),
    data: {
      trainExamples: corpus.trainExamples,
      evalExamples: corpus.evalExamples,
      trainSource: `${options.corpus.join(', ')}: ${corpus.tokens.toLocaleString('en-US')} tokens in ${corpus.documents.toLocaleString('en-US')} documents`,
    },
    settings: { ...args, ...pretrainingSettings(options, phases) },
    environment,
    history: result.state.log_history,
    metrics,
    baselines,
    fillIns,
    timing: { seconds: result.seconds, tokensPerSecond: result.tokensPerSecond, steps: result.steps },
  }
}

/** What decides a run beside its training arguments. */
export function pretrainingSettings(
  { masking, model, startEmbeddings, pairs = 'next-sentence', duplicates }: PretrainOptions,
  phases: readonly PretrainPhase[],
): Record<string, SettingValue> {
  const hasPairs = model.definition.head?.task === 'pretraining'
  return {
    ...lengths(phases),
    ...(masking && { masking: masking.kind }),
    ...(masking?.probability !== undefined && { maskProbability: masking.probability }),
    ...(hasPairs && { pairs, ...(duplicates !== undefined && { duplicates }) }),
    ...(startEmbeddings === 'cooccurrence' && { startEmbeddings }),
    ...adapterSettings(model),
  }
}

function lengths(phases: readonly PretrainPhase[]): Record<string, number | string> {
  if (phases.length === 1) return { maxLength: phases[0].maxLength }
  return { phases: phases.map(({ maxLength, share }) => `${maxLength} tokens for ${share} of the run`).join(', ') }
}
