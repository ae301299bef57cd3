import { join } from 'node:path'
import type { ModelDescription } from '../../checkpoints/node/auto-model.ts'
import { createModel, describeModel, loadModel } from '../../checkpoints/node.ts'
import { ConfigError, reworded } from '../../core/errors.ts'
import type { EncodedSequence } from '../../data/collator.ts'
import { describeCut } from '../../data/text-windows.ts'
import { type BertSize, bertConfig, bertSizes } from '../../models/bert-config.ts'
import type { LoraConfig } from '../../models/lora.ts'
import type { EncoderModel } from '../../models/model.ts'
import type { Tokenizer } from '../../tokenizers/index.ts'
import { loadTokenizer } from '../../tokenizers/node.ts'
import { metricOfSet } from '../../training/evaluation-sets.ts'
import { requireClassTask } from '../../training/loss-settings.ts'
import { type FinetuneResult, finetune as runFinetuning } from '../../training/node/finetune.ts'
import { classesOf, type FinetuneTask, type TaskPredictions } from '../../training/tasks/finetune-task.ts'
import { bestMetricName } from '../../training/training-arguments.ts'
import { cardFlags, foreignCard, readCardFlags } from '../card-flags.ts'
import { type CommandContext, defineCommand } from '../command.ts'
import { diagnoseFiles, diagnosisText, findingText, stopFor } from '../findings.ts'
import { maxLengthFlag, modelFolder } from '../inputs.ts'
import { interrupted, stopRemark } from '../interrupted.ts'
import { encoderStart, loraFlags, parameterText, readAdaptation, saveAdapterFlag } from '../lora-flags.ts'
import { modelTokenizer } from '../model-tokenizer.ts'
import { Stopped } from '../stopped.ts'
import { metricTable } from '../tables.ts'
import type { CommandTask } from '../tasks/command-task.ts'
import { describeLongTexts, longTextSettings } from '../tasks/long-text-flags.ts'
import { checkTaskFlags, findTask, isModelOf, labelsToTrain, taskNames } from '../tasks/registry.ts'
import { formatFlag, type TaskValues, taskFlags } from '../tasks/task-flags.ts'
import { taskLength } from '../tasks/task-length.ts'
import { textReading } from '../tasks/text-reading.ts'
import {
  checkEvalSplit,
  type DataFiles,
  evaluationFiles,
  readTrainingData,
  type TrainingData,
} from '../training-data.ts'
import { readTrainingFlags, trainingFlags } from '../training-flags.ts'
import { checkTrainingFolders } from '../training-folder.ts'
import { trainingProgress } from '../training-progress.ts'

export const finetune = defineCommand({
  name: 'finetune',
  summary: 'Train a model on labelled data',
  example: `bertsmith finetune --task text-classification --model bert-folder --train train.csv --eval dev.csv --output out/spam
bertsmith finetune --task text-classification --size tiny --tokenizer out/tokenizer --train train.csv --eval-split 0.1 \\
  --epochs 3 --batch-size 16 --learning-rate 5e-4 --output out/spam`,
  flags: {
    task: { type: 'string', required: true, value: 'TASK', description: taskNames.join(', ') },
    train: {
      type: 'string',
      required: true,
      value: 'FILE',
      description: 'Labelled data: csv, tsv, jsonl, conll, SQuAD json',
    },
    output: {
      type: 'string',
      required: true,
      value: 'DIR',
      description: 'Folder for model, checkpoints, metrics, report',
    },
    model: { type: 'string', value: 'DIR', description: 'Model to start from' },
    size: { type: 'string', value: bertSizes.join('|'), description: 'Or: start from random weights' },
    tokenizer: { type: 'string', value: 'DIR', description: "Tokenizer (default: the model's)" },
    eval: {
      type: 'string',
      many: true,
      value: 'FILE|NAME=FILE',
      description: 'Labelled data to judge the model on; several sets by name may follow',
    },
    'eval-split': {
      type: 'number',
      value: '0.1',
      description: 'Or: this share of the training data, label by label or by article',
    },
    resume: { type: 'boolean', description: 'Go on from the newest checkpoint in --output, if there is one' },
    overwrite: { type: 'boolean', description: 'Replace an earlier run in --output' },
    'pause-after-epochs': {
      type: 'number',
      description: 'Stop at the first evaluation after so many epochs; --resume goes on as if there was no stop',
    },
    'pause-after-steps': { type: 'number', description: 'The same after so many steps' },
    doctor: { type: 'boolean', description: 'Look over data, settings and training (default; --no-doctor: do not)' },
    watch: { type: 'boolean', description: 'Look over the training alone (default: if data and settings are)' },
    strict: { type: 'boolean', description: 'Stop for warnings of the doctor too, not for errors alone' },
    'max-length': maxLengthFlag,
    format: formatFlag,
    ...taskFlags,
    ...cardFlags,
    ...trainingFlags,
    ...loraFlags,
    'save-adapter': saveAdapterFlag,
  },
  async run(values, _, context) {
    const commandTask = findTask(values.task)
    checkTaskFlags(commandTask, values)
    const task = commandTask.create(values)
    const { output, resume = false, overwrite = false } = values
    checkEvalSplit(values)
    const hasEval = values.eval !== undefined || values.evalSplit !== undefined
    const args = readTrainingFlags(values, hasEval)
    requireClassTask(args, task)
    const { lora, saveAdapter } = readAdaptation(values)
    const evalFiles = evaluationFiles(values.eval)
    const setNames = typeof evalFiles === 'string' ? [] : Object.keys(evalFiles)
    checkBestMetric(bestMetricName(args), task, setNames)
    await checkTrainingFolders('finetune', values, args)
    const warnings: string[] = []
    const data = await readData(commandTask, values, args.seed, (text) => {
      warnings.push(text)
      context.note(text)
    })
    const prepared = await prepareModel(commandTask, task, { ...values, lora }, data, args.seed, context)
    const { model, tokenizer, modelName, isRandom } = prepared
    if (isRandom) warnings.unshift('The model started from random weights.')
    try {
      const maxLength = taskLength(commandTask, model, tokenizer, values.maxLength)
      const { train, evaluation } = data
      const hasOneSet = hasEval && Array.isArray(data.evaluationSets)
      const { longTexts } = model.config
      const classes = classesOf(task, model)
      if (longTexts) context.note(`long texts are read in ${describeLongTexts(longTexts)}`)
      context.note(
        `${model.className}, ${parameterText(model)}; ${count(train.length)} training ` +
          `and ${count(evaluation.length)} evaluation examples${classes.length > 0 ? `; labels ${listed(classes)}` : ''}`,
      )
      if (!hasEval) context.note('no evaluation data: --eval FILE or --eval-split 0.1 shows how good the model is')
      const { doctor = true, strict = false } = values
      const diagnosis = doctor
        ? await diagnoseFiles(values.task, values, {
            trainExamples: train,
            evalExamples: evaluation,
            tokenizer,
            maxLength,
            longTexts,
            args,
            start: encoderStart(values),
            seed: args.seed,
          })
        : undefined
      if (diagnosis) {
        context.note(diagnosisText(diagnosis, { brief: true }))
        stopFor(diagnosis, strict, { findings: diagnosis.findings, counts: diagnosis.counts })
      }
      const progress = trainingProgress(context.stderr, describeCut(maxLength, longTexts))
      const finished = await context
        .stoppable(stopRemark, (signal) =>
          runFinetuning(task, {
            model,
            tokenizer,
            trainExamples: train,
            evalExamples: data.evaluationSets,
            maxLength,
            args,
            output,
            resume,
            overwrite,
            signal,
            ...progress,
            onEvent: (event) => {
              progress.onEvent(event)
              if (event.type === 'step') context.tell({ done: event.step, total: event.totalSteps })
            },
            title: `${task.title}: ${output}`,
            modelName,
            card: readCardFlags(values),
            trainSource: values.train,
            evalSource: values.eval?.join(', ') ?? (hasEval ? `${values.evalSplit} of ${values.train}` : undefined),
            baselines: hasOneSet ? commandTask.baselines?.(train, evaluation, model.config.labels) : undefined,
            warnings,
            findings: diagnosis?.findings,
            saveAdapter,
            watch: values.watch ?? doctor,
            strict,
            pauseAfter: { epochs: values.pauseAfterEpochs, steps: values.pauseAfterSteps },
            onFinding: (finding) => context.note(`\n${findingText(finding)}`),
          }),
        )
        .finally(progress.finish)
      if (finished.endedBy) throw stopped(output, finished)
      if (!finished.paused && finished.result.reason === 'aborted') throw interrupted(output, finished.result)
      if (!finished.paused && finished.cardPath === undefined) context.note(foreignCard(output))
      return report(output, finished, context)
    } finally {
      await model.close()
    }
  },
})

/** @throws ConfigError `UNKNOWN_METRIC` for a metric that the task has not, naming the evaluation sets if there are several */
function checkBestMetric(name: string, task: Pick<FinetuneTask<never, never, never>, 'findMetric'>, sets: string[]) {
  const metric = metricOfSet(
    name,
    sets.map((name) => ({ name })),
  )
  if (metric === 'loss') return
  try {
    task.findMetric(metric)
  } catch (error) {
    if (!(error instanceof ConfigError) || sets.length === 0 || metric !== name) throw error
    throw reworded(error, `${error.message}; of the sets ${sets.join(', ')} each, such as ${sets[0]}_loss`)
  }
}

interface LabelledData extends TrainingData {
  /** Labels of the training examples. */
  labels: string[]
}

async function readData(
  task: CommandTask,
  values: DataFiles,
  seed: number,
  warn: (text: string) => void,
): Promise<LabelledData> {
  const data = await readTrainingData(task, values, seed, warn)
  return { ...data, labels: task.labels(data.train, values.train) }
}

interface ModelFlags extends TaskValues {
  readonly model?: string
  readonly size?: string
  readonly tokenizer?: string
  readonly maxLength?: number
  readonly threads?: number
  readonly lora?: Partial<LoraConfig>
}

interface PreparedModel {
  model: EncoderModel
  tokenizer: Tokenizer
  modelName: string
  isRandom: boolean
}

/** Loads the model, or makes one, after all has been checked that can be without its weights. */
async function prepareModel(
  commandTask: CommandTask,
  task: FinetuneTask<unknown, EncodedSequence, TaskPredictions>,
  values: ModelFlags,
  { evaluation, labels }: LabelledData,
  seed: number,
  { note }: CommandContext,
): Promise<PreparedModel> {
  const { model: path, size, tokenizer: tokenizerPath, maxLength, threads, lora } = values
  const { head: taskHead, problemType, usualLength = 512 } = commandTask
  const longTexts = longTextSettings(commandTask, values)
  const options = { seed, threads }
  if ((path === undefined) === (size === undefined)) {
    throw new ConfigError(
      'MODEL',
      'give --model DIR to go on from a model, or --size tiny --tokenizer DIR to start from scratch',
    )
  }
  if (path === undefined) {
    if (tokenizerPath === undefined)
      throw new ConfigError('MISSING_FLAG', '--size needs --tokenizer DIR: bertsmith tokenizer train makes one')
    if (maxLength !== undefined && !(Number.isInteger(maxLength) && maxLength >= 3)) {
      throw new ConfigError('MAX_LENGTH', `--max-length must be a whole number of at least 3, not ${maxLength}`)
    }
    task.check({ config: { labels } }, evaluation)
    const tokenizer = await loadTokenizer(await modelFolder(tokenizerPath))
    const config = bertConfig({
      size: size as BertSize,
      vocabSize: tokenizer.vocabSize,
      padTokenId: tokenizer.padId ?? 0,
      // Positions that training never reaches would stay random, so the model is made as long as its texts.
      maxPositionEmbeddings: maxLength ?? Math.min(tokenizer.maxLength ?? 512, usualLength),
      ...(labels.length > 0 && { labels }),
      ...(problemType && { problemType }),
      ...(longTexts && { longTexts }),
    })
    taskLength(commandTask, { config }, tokenizer, maxLength)
    note(`starting from random weights (size ${size}): this takes much more data than going on from a trained model`)
    const model = await createModel(taskHead, 'bert', config, options)
    return { model, tokenizer, modelName: `bert ${size}, random weights`, isRandom: true }
  }
  const folder = await modelFolder(path)
  const description = await describeModel(folder)
  const { config } = description
  const isOfTask = isModelOf(commandTask, description)
  const used = labelsToTrain(commandTask, description, labels)
  task.check({ config: { labels: used } }, evaluation)
  const tokenizer = await modelTokenizer(folder, tokenizerPath)
  const reading = textReading(commandTask, longTexts, { config, isOfTask }, tokenizer, maxLength)
  const logger = { info: note, warn: note }
  // The heads of fine-tuned tasks have parameters of the same names, which mean something else in each.
  const newHead = description.head !== undefined && !description.head.labelsAreTokens && !isOfTask
  if (newHead) note(`${path} was trained for another task, ${describeTask(description)}: its head is not taken over`)
  const model = await loadModel(folder, taskHead, {
    ...options,
    ...(used.length > 0 && { labels: used }),
    problemType,
    longTexts: reading.settings,
    newHead,
    lora: lora && { base: path, ...lora },
    logger,
  })
  return { model, tokenizer, modelName: path, isRandom: false }
}

const describeTask = ({ head, config }: ModelDescription): string =>
  head?.hasProblemType ? `${head.task} (${config.problemType})` : (head?.task ?? 'none')

function stopped(output: string, { result, endedBy, findings }: FinetuneResult): Stopped {
  return new Stopped(
    `stopped after step ${result.steps} of ${result.state.max_steps}: ${endedBy!.code}. ${endedBy!.advice} ` +
      `What was trained so far is in ${join(output, `checkpoint-${result.steps}`)}.`,
    { findings },
  )
}

function report(output: string, { result, metrics, files, paused }: FinetuneResult, { print }: CommandContext) {
  const { steps, seconds, tokensPerSecond, reason } = result
  const why = reason === 'early-stopping' ? ' (stopped early: no improvement)' : paused ? ' (paused)' : ''
  print(`${count(steps)} steps in ${seconds.toFixed(1)} s, ${count(Math.round(tokensPerSecond))} tokens/s${why}`)
  if (Object.keys(metrics).length > 0) print(`\n${metricTable(metrics)}`)
  print(`\n${output}: ${files.join(', ')}`)
  const values = Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [name, value]))
  return { output, steps, seconds, tokensPerSecond, metrics: values, ...(paused && { paused }) }
}

const count = (value: number): string => value.toLocaleString('en-US')

function listed(labels: readonly string[]): string {
  const shown = labels.slice(0, 10).join(', ')
  return labels.length > 10 ? `${shown}, … (${labels.length})` : shown
}
