import { describeModel } from '../../checkpoints/node.ts'
import { ConfigError } from '../../core/errors.ts'
import { bertSizes } from '../../models/bert-config.ts'
import type { LongTexts } from '../../models/long-texts.ts'
import type { Tokenizer } from '../../tokenizers/index.ts'
import { loadTokenizer } from '../../tokenizers/node.ts'
import { checkNames } from '../../training/doctor/diagnose.ts'
import { defineCommand } from '../command.ts'
import { diagnoseFiles, diagnosisText, stopFor } from '../findings.ts'
import { maxLengthFlag, modelFolder } from '../inputs.ts'
import { encoderStart, loraFlags, readAdaptation } from '../lora-flags.ts'
import type { CommandTask } from '../tasks/command-task.ts'
import { longTextSettings } from '../tasks/long-text-flags.ts'
import { checkTaskFlags, findTask, isModelOf, taskNames } from '../tasks/registry.ts'
import { formatFlag, type TaskValues, taskFlags } from '../tasks/task-flags.ts'
import { textReading } from '../tasks/text-reading.ts'
import { checkEvalSplit, readTrainingData } from '../training-data.ts'
import { readTrainingFlags, trainingFlags } from '../training-flags.ts'

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'Look over data and settings before a training',
  example: 'bertsmith doctor --task text-classification --model bert-folder --train train.csv --eval dev.csv --strict',
  flags: {
    task: { type: 'string', required: true, value: 'TASK', description: taskNames.join(', ') },
    train: { type: 'string', required: true, value: 'FILE', description: 'Labelled data, as for finetune' },
    eval: { type: 'string', value: 'FILE', description: 'Labelled data to judge the model on' },
    'eval-split': { type: 'number', value: '0.1', description: 'Or: this share of the training data' },
    model: { type: 'string', value: 'DIR', description: 'Model that the training starts from' },
    size: { type: 'string', value: bertSizes.join('|'), description: 'Or: that it starts from random weights' },
    tokenizer: { type: 'string', value: 'DIR', description: "Tokenizer (default: the model's)" },
    strict: { type: 'boolean', description: 'Exit with status 2 for warnings too, not for errors alone' },
    skip: { type: 'string', many: true, value: 'CHECK', description: `Checks to leave out: ${checkNames.join(', ')}` },
    'max-length': maxLengthFlag,
    format: formatFlag,
    ...taskFlags,
    ...trainingFlags,
    ...loraFlags,
  },
  async run(values, _, { note, print }) {
    const commandTask = findTask(values.task)
    checkTaskFlags(commandTask, values)
    checkEvalSplit(values)
    const hasEval = values.eval !== undefined || values.evalSplit !== undefined
    const args = readTrainingFlags(values, hasEval)
    readAdaptation(values)
    const texts = await tokenization(commandTask, values)
    const { train, evaluation } = await readTrainingData(commandTask, values, args.seed, note)
    const diagnosis = await diagnoseFiles(values.task, values, {
      trainExamples: train,
      evalExamples: evaluation,
      ...texts,
      args,
      start: encoderStart(values),
      skip: values.skip,
      seed: args.seed,
    })
    print(diagnosisText(diagnosis))
    if (!texts) note('without --model DIR or --tokenizer DIR nothing is said of lengths and unknown words')
    const result = { ...diagnosis, trainExamples: train.length, evalExamples: evaluation.length }
    stopFor(diagnosis, values.strict === true, result)
    return result
  },
})

interface TokenizationValues extends TaskValues {
  readonly model?: string
  readonly size?: string
  readonly tokenizer?: string
  readonly maxLength?: number
}

/** The tokenizer that texts will be read with and the tokens that they are cut to, without loading weights. */
export async function tokenization(
  task: CommandTask,
  values: TokenizationValues,
): Promise<{ tokenizer: Tokenizer; maxLength: number; longTexts?: LongTexts } | undefined> {
  const { model, size, tokenizer: path, maxLength } = values
  const settings = longTextSettings(task, values)
  if (model !== undefined && size !== undefined) throw new ConfigError('MODEL', 'give --model DIR or --size, not both')
  const folder = model === undefined ? undefined : await modelFolder(model)
  const from = path === undefined ? folder : await modelFolder(path)
  if (from === undefined) return undefined
  const tokenizer = await loadTokenizer(from)
  // As finetune makes a model of random weights: as long as its texts.
  const random = { vocabSize: tokenizer.vocabSize, maxPositionEmbeddings: maxLength ?? tokenizer.maxLength ?? 512 }
  const description = folder === undefined ? undefined : await describeModel(folder)
  const start = description
    ? { config: description.config, isOfTask: isModelOf(task, description) }
    : { config: random, isOfTask: false }
  const reading = textReading(task, settings, start, tokenizer, maxLength)
  return { tokenizer, maxLength: reading.maxLength, longTexts: reading.longTexts }
}
