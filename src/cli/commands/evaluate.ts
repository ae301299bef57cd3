import type { ModelDescription } from '../../checkpoints/node/auto-model.ts'
import { describeModel, loadModel } from '../../checkpoints/node.ts'
import { describeCut } from '../../data/text-windows.ts'
import type { EncoderModel } from '../../models/model.ts'
import type { Tokenizer } from '../../tokenizers/index.ts'
import { loadTokenizer, saveTokenizer } from '../../tokenizers/node.ts'
import { isBoundTemperature } from '../../training/calibration.ts'
import { evaluateModel } from '../../training/evaluate.ts'
import type { EvaluationRecord } from '../../training/evaluation-record.ts'
import { modelSummary } from '../../training/model-summary.ts'
import { requireNoRun } from '../../training/node/run-folder.ts'
import { pairedTests } from '../../training/paired-tests.ts'
import type { TaskPredictions } from '../../training/tasks/finetune-task.ts'
import type { ClassificationPredictions } from '../../training/tasks/text-classification.ts'
import { applyTemperature, temperatureFit } from '../../training/temperature.ts'
import { type CommandContext, defineCommand } from '../command.ts'
import { checkCompared, comparisonText, requireComparable, requireSameTokens } from '../evaluation/comparison.ts'
import {
  checkProbabilityFlags,
  requireTemperature,
  searchThreshold,
  temperatureText,
  thresholdText,
} from '../evaluation/probabilities.ts'
import { saveEvaluation } from '../evaluation/save-evaluation.ts'
import { measureSlices, readSlicings, sliceTables } from '../evaluation/slices.ts'
import { checkOutputFolder, maxLengthFlag, modelFolder } from '../inputs.ts'
import { createProgress } from '../progress.ts'
import { metricTable } from '../tables.ts'
import type { CommandTask } from '../tasks/command-task.ts'
import { requireSameLongTexts } from '../tasks/long-text-flags.ts'
import { checkTaskFlags, taskOfModel } from '../tasks/registry.ts'
import { formatFlag, taskFlags } from '../tasks/task-flags.ts'
import { taskLength } from '../tasks/task-length.ts'

export const evaluate = defineCommand({
  name: 'evaluate',
  summary: 'Measure a model on labelled data: metrics with 95 % bootstrap intervals',
  example: `bertsmith evaluate --model out/spam --data test.csv
bertsmith evaluate --model out/new --compare out/old --data test.csv --slice source text-length --output out/evaluation`,
  flags: {
    model: { type: 'string', required: true, value: 'DIR', description: 'Folder of a trained model' },
    data: {
      type: 'string',
      required: true,
      value: 'FILE',
      description: 'Labelled data: csv, tsv, jsonl, conll, SQuAD json',
    },
    compare: { type: 'string', value: 'DIR', description: 'Another model: is the difference more than chance?' },
    slice: {
      type: 'string',
      many: true,
      value: 'COLUMN…',
      description: 'Also measure by the values of a column, or by text-length',
    },
    output: { type: 'string', value: 'DIR', description: 'Folder for metrics.json and report.html' },
    'fit-temperature': { type: 'boolean', description: 'Find what makes probabilities fit, on held-out data' },
    'save-calibrated': { type: 'string', value: 'DIR', description: 'Save the model with that temperature built in' },
    'best-threshold': {
      type: 'string',
      value: 'f1|precision=P|recall=P',
      description: 'Search the best threshold of the second of two labels',
    },
    metrics: { type: 'string', many: true, value: 'NAME…', description: "Metrics (default: the task's own)" },
    'batch-size': { type: 'number', description: 'Texts a batch (default 32)' },
    'max-length': maxLengthFlag,
    format: formatFlag,
    ...taskFlags,
  },
  async run(values, _, context) {
    const { seed = 42, output, saveCalibrated, data } = values
    const first = await describeFolder(values.model)
    const { commandTask } = first
    checkTaskFlags(commandTask, values)
    const task = commandTask.create(values)
    const names = (values.metrics ?? task.metricNames).map((name) => task.findMetric(name))
    const { labels, longTexts } = first.config
    requireSameLongTexts(commandTask, values, longTexts, first.folder)
    checkProbabilityFlags(commandTask.name, labels, values)
    for (const [flag, folder] of Object.entries({ '--output': output, '--save-calibrated': saveCalibrated })) {
      if (folder === undefined) continue
      await checkOutputFolder(folder, flag)
      await requireNoRun(folder, 'choose another folder')
    }
    const second = values.compare === undefined ? undefined : await describeFolder(values.compare)
    if (second) {
      requireComparable(task, first, second)
      requireSameLongTexts(commandTask, values, second.config.longTexts, second.folder)
    }
    const examples = await commandTask.read(data, values, context.note)
    task.check(first, examples)
    if (second) checkCompared(task, second, examples)
    const slicings = await readSlicings(values.slice ?? [], examples, data, values)

    const run = { commandTask, values, examples }
    const own = await readerOf(run, first)
    const other = second && (await readerOf(run, second))
    if (other && first.head?.labelsAreTokens) requireSameTokens(own, other)
    const { tokenizer, maxLength } = own
    const { model, predictions, truncated } = await answer(run, own, context)
    try {
      const compared = other && (await answer(run, other, context))
      await compared?.model.close()
      const metrics = task.intervals(predictions, names, seed)
      // Those that the data has: tags that mark no entities have no F1.
      const measured = names.filter((name) => name in metrics)
      const slices = measureSlices(slicings, task.scorer([predictions], measured), seed)
      const comparison = compared && {
        model: other.folder,
        metrics: pairedTests(task.scorer([predictions, compared.predictions], measured), { seed }),
      }
      const classified = predictions as unknown as ClassificationPredictions // by checkProbabilityFlags
      const temperature = values.fitTemperature ? temperatureFit(classified) : undefined
      if (temperature && saveCalibrated !== undefined) requireTemperature(temperature, data)
      const threshold =
        values.bestThreshold === undefined ? undefined : searchThreshold(values.bestThreshold, labels, classified)
      const found = {
        ...(values.slice && { slices }),
        ...(comparison && { comparison }),
        ...(temperature && !isBoundTemperature(temperature.temperature) && { temperature }),
        ...(threshold && { threshold }),
      }
      const results = { examples: examples.length, metrics, ...commandTask.results?.(model, predictions), ...found }
      const texts = [
        metricTable(metrics),
        ...(comparison ? [comparisonText(first.folder, comparison)] : []),
        ...sliceTables(slices),
        ...commandTask.tables(model, predictions),
        ...(temperature ? [temperatureText(temperature, data)] : []),
        ...(threshold ? [thresholdText(threshold, data)] : []),
      ]
      if (output !== undefined) {
        const record: EvaluationRecord = {
          title: `${task.title}: ${data}`,
          task: task.name,
          finishedAt: new Date().toISOString(),
          model: modelSummary(model, { name: first.folder, maxLength }),
          dataSource: data,
          examples: examples.length,
          metrics,
          ...task.report(model, { trainExamples: [], evalExamples: examples }, predictions),
          ...found,
          warnings:
            truncated > 0
              ? [`${truncated} of ${examples.length} texts were cut ${describeCut(maxLength, model.config.longTexts)}.`]
              : [],
        }
        const json = { task: task.name, model: first.folder, data, ...results, ...task.details(model, predictions) }
        await saveEvaluation(output, json, record)
        texts.push(`${output}: metrics.json, report.html`)
      }
      if (saveCalibrated !== undefined) {
        await applyTemperature(model, temperature!.temperature)
        await model.savePretrained(saveCalibrated)
        await saveTokenizer(tokenizer, saveCalibrated)
        texts.push(`${saveCalibrated}: the model with this temperature built in`)
      }
      context.print(texts.join('\n\n'))
      return { ...results, ...(output !== undefined && { output }) }
    } finally {
      await model.close()
    }
  },
})

/** A model's folder, with what is known of the model before it is loaded. @throws ConfigError if it is for no task */
async function describeFolder(path: string): Promise<ModelDescription & { folder: string; commandTask: CommandTask }> {
  const folder = await modelFolder(path)
  const description = await describeModel(folder)
  return { folder, ...description, commandTask: taskOfModel(folder, description) }
}

/** What all models are to answer. */
interface EvaluationRun {
  commandTask: CommandTask
  values: { batchSize?: number; maxLength?: number; threads?: number } & Parameters<CommandTask['create']>[0]
  examples: readonly unknown[]
}

/** How a model will read texts, which is known before its weights are loaded. */
interface Reader {
  folder: string
  tokenizer: Tokenizer
  maxLength: number
}

async function readerOf(
  { commandTask, values }: EvaluationRun,
  { folder, config }: ModelDescription & { folder: string },
): Promise<Reader> {
  const tokenizer = await loadTokenizer(folder)
  return { folder, tokenizer, maxLength: taskLength(commandTask, { config }, tokenizer, values.maxLength) }
}

interface Answers {
  /** To be closed. */
  model: EncoderModel
  predictions: TaskPredictions
  truncated: number
}

async function answer(
  { commandTask, values, examples }: EvaluationRun,
  { folder, tokenizer, maxLength }: Reader,
  { stderr }: CommandContext,
): Promise<Answers> {
  const { batchSize = 32, threads } = values
  const model = await loadModel(folder, commandTask.head, { requireHead: true, threads })
  try {
    let progress: ReturnType<typeof createProgress> | undefined
    const { predictions, truncated } = await evaluateModel(commandTask.create(values), {
      model,
      tokenizer,
      examples,
      maxLength,
      batchSize,
      onProgress(done, total) {
        progress ??= createProgress({ stream: stderr, label: 'Evaluating', unit: 'texts', total })
        progress.update(done)
      },
    })
    progress?.finish()
    return { model, predictions, truncated }
  } catch (error) {
    await model.close()
    throw error
  }
}
