import { writeAdapterConfig } from '../../checkpoints/index.ts'
import { ConfigError, reworded } from '../../core/errors.ts'
import { createBatchMasker } from '../../data/mask-batch.ts'
import { requireMaxLength, shortestExample } from '../../data/pretraining/examples.ts'
import { requireEvaluationShare } from '../../data/pretraining/index.ts'
import { listCorpusFiles } from '../../data/pretraining/node.ts'
import { requirePairOptions } from '../../data/pretraining/sentence-pairs.ts'
import { sequenceLimit } from '../../models/sequence-limit.ts'
import { requireLossTask } from '../loss-settings.ts'
import { requirePretrainingMetric } from '../tasks/pretraining.ts'
import { trainedParameters } from '../trained-parameters.ts'
import { bestMetricName, type TrainingArguments, trainingArguments } from '../training-arguments.ts'
import { requireLoggingFolder } from './loggers.ts'
import type { PretrainOptions, PretrainPhase } from './pretrain-options.ts'
import { requirePhases } from './pretraining-phases.ts'
import { requireRunRoom } from './run-folder.ts'

const defaultLength = 128
const defaultShare = 0.02

/** The settings of a run, checked and completed. */
export interface PretrainingSettings {
  args: TrainingArguments
  /** One if nothing else is said; their lengths are those that model and tokenizer take. */
  phases: readonly PretrainPhase[]
  evalShare: number
}

/**
 * Checks all that can be without reading the corpus, which may take hours, and without touching the disk.
 * @throws ConfigError for settings; DataError for corpora that are not there; CheckpointError for folders that cannot be written
 */
export async function checkPretraining(options: PretrainOptions): Promise<PretrainingSettings> {
  const { model, tokenizer, output, masking, resume = false, overwrite = false, evalShare = defaultShare } = options
  const args = trainingArguments(options.args ?? {}, { hasEval: true })
  trainedParameters(model, args) // which throws for what does not fit
  requireLossTask(args, { name: 'pretraining' }, model)
  if (options.saveAdapter) writeAdapterConfig(model.definition) // which throws for a model without one
  await requireLoggingFolder(args, output)
  await requireRunRoom(output, 'pretrain', { resume, overwrite })
  requirePretrainingMetric(bestMetricName(args), model.definition.head?.task)
  const least = shortestExample[model.definition.head?.task === 'pretraining' ? 'pair' : 'sentences']
  const phases = phasesOf(options, { maxSteps: args.maxSteps, least })
  requireEvaluationShare(evalShare, 'evalShare')
  const { pairs: objective = 'next-sentence', duplicates } = options
  requirePairOptions({ objective, duplicates })
  createBatchMasker({ masking, maskId: tokenizer.maskId, vocabSize: tokenizer.vocabSize, seed: args.seed }) // which throws, too
  for (const paths of [options.corpus, ...Object.values(options.evalCorpora ?? {})]) {
    await listCorpusFiles(paths, options.corpusOptions)
  }
  return { args, phases, evalShare }
}

function phasesOf(
  { model, tokenizer, maxLength, phases }: PretrainOptions,
  limits: { maxSteps: number; least: number },
): readonly PretrainPhase[] {
  if (phases === undefined) {
    const limit = sequenceLimit(model, tokenizer, maxLength)
    const length = maxLength === undefined ? Math.min(defaultLength, limit) : limit
    requireMaxLength(length, limits.least)
    return [{ maxLength: length, share: 1 }]
  }
  if (maxLength !== undefined)
    throw new ConfigError('PHASES', 'maxLength and phases, which have lengths, contradict each other')
  requirePhases(phases, limits)
  return phases.map((phase, i) => {
    try {
      return { ...phase, maxLength: sequenceLimit(model, tokenizer, phase.maxLength) }
    } catch (error) {
      if (!(error instanceof ConfigError && error.code === 'MAX_LENGTH')) throw error
      throw reworded(error, error.message.replace('maxLength must be', `phases must give phase ${i + 1} as length`))
    }
  })
}
