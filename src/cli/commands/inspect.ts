import { matchWeights } from '../../checkpoints/index.ts'
import { describeModel, openWeights, type WeightFiles } from '../../checkpoints/node.ts'
import { CheckpointError, TokenizerError } from '../../core/errors.ts'
import type { ModelDefinition } from '../../models/graphs.ts'
import { modelParameters } from '../../models/graphs.ts'
import { formatSummary, summarizeModel } from '../../models/summary.ts'
import { BertTokenizer } from '../../tokenizers/index.ts'
import { loadTokenizer } from '../../tokenizers/node.ts'
import { cardTask } from '../../training/report/card-tasks.ts'
import { classesOf } from '../../training/tasks/finetune-task.ts'
import { defineCommand } from '../command.ts'
import { modelFolder } from '../inputs.ts'
import { textTable } from '../tables.ts'
import { describeLongTexts } from '../tasks/long-text-flags.ts'
import { knownTaskOf } from '../tasks/registry.ts'

export const inspect = defineCommand({
  name: 'inspect',
  summary: 'Show what a model folder holds: architecture, weights, memory, tokenizer, labels, uses',
  example: 'bertsmith inspect out/spam',
  positionals: { name: 'MODEL', description: 'folder of a model', required: true },
  flags: {},
  async run(_values, [path], { print }) {
    const folder = await modelFolder(path)
    const definition = await describeModel(folder)
    const summary = summarizeModel(definition)
    const weights = await weightFacts(folder, definition)
    const tokenizer = await tokenizerFacts(folder)
    const task = knownTaskOf(definition)
    const labels = task ? [...classesOf(task.create({}), definition)] : []
    const { longTexts = null } = definition.config
    const uses = usesOf(task?.name, { folder, hasWeights: weights !== null, hasTokenizer: tokenizer !== null })
    const { blocks, memory, ...figures } = summary

    print(formatSummary(summary))
    const facts: [string, string][] = [
      [
        'layers',
        `${summary.layers}, hidden size ${summary.hiddenSize}, ${summary.heads} heads of ${summary.hiddenSize / summary.heads}`,
      ],
      ['longest input', `${count(summary.maxLength)} tokens`],
      ['weights', weights ? `${weights.files}, ${weights.dtypes.join(', ')}` : 'none in this folder'],
      [
        'memory',
        `${bytes(memory.inference)} to use it; ${bytes(memory.training)} to train it (weights, gradients, AdamW's moments); activations of a batch on top`,
      ],
      ['tokenizer', tokenizer ? tokenizerText(tokenizer) : 'none in this folder'],
      ...(labels.length > 0 ? [['labels', labels.join(', ')] as [string, string]] : []),
      ...(longTexts ? [['long texts', describeLongTexts(longTexts)] as [string, string]] : []),
    ]
    print(`\n${textTable(facts)}`)
    print(`\nWhat it can be used for:\n${uses.map((use) => `  ${use}`).join('\n')}`)
    return { ...figures, labels, longTexts, memory, weights, tokenizer, uses, blocks }
  },
})

interface WeightFacts {
  files: string
  tensors: number
  /** Element types on disk. */
  dtypes: string[]
  /** Parameters that the folder lacks: a new head starts random. */
  missing: string[]
}

/**
 * Compares the weights with the model without reading them; null if there are none.
 * @throws CheckpointError if they are damaged, or the encoder does not fit
 */
async function weightFacts(folder: string, definition: ModelDefinition): Promise<WeightFacts | null> {
  let weights: WeightFiles
  try {
    weights = await openWeights(folder)
  } catch (error) {
    if (error instanceof CheckpointError && error.code === 'NO_WEIGHTS') return null
    throw error
  }
  try {
    const { architecture } = definition
    const prefix = `${architecture.prefix}.`
    const isEncoder = (name: string) => name.startsWith(prefix) && !name.startsWith(`${prefix}pooler.`)
    const { report } = matchWeights(weights.tensors, modelParameters(definition), folder, {
      prefix,
      ignorable: architecture.ignorableTensors,
      mayBeMissing: (name) => !isEncoder(name),
      mayBeUnexpected: (name) => !isEncoder(name),
    })
    const tensors = [...weights.tensors.values()]
    return {
      files: 'safetensors',
      tensors: tensors.length,
      dtypes: [...new Set(tensors.map(({ dtype }) => dtype))],
      missing: [...report.newlyInitialised],
    }
  } finally {
    await weights.close()
  }
}

interface TokenizerFacts {
  kind: string
  vocabSize: number
  /** null where the tokenizer does not say. */
  lowercase: boolean | null
  maxLength: number | null
  specialTokens: Readonly<Record<string, string>>
}

async function tokenizerFacts(folder: string): Promise<TokenizerFacts | null> {
  try {
    const tokenizer = await loadTokenizer(folder)
    const { vocabSize, maxLength = null, specialTokens, definition } = tokenizer
    const lowercase = tokenizer instanceof BertTokenizer ? tokenizer.lowercase : null
    const kind = definition.model.type.toLowerCase()
    return { kind, vocabSize, lowercase, maxLength, specialTokens: { ...specialTokens } }
  } catch (error) {
    if (error instanceof TokenizerError && error.code === 'TOKENIZER_MISSING') return null
    throw error
  }
}

function tokenizerText({ kind, vocabSize, lowercase, maxLength }: TokenizerFacts): string {
  const limit = maxLength === null ? '' : `, up to ${count(maxLength)} tokens`
  return `${kind}, ${count(vocabSize)} tokens${lowercase === null ? '' : lowercase ? ', ignores case' : ', keeps case'}${limit}`
}

/** Command lines that take this folder. @param task that the model was trained for */
function usesOf(
  task: string | undefined,
  { folder, hasWeights, hasTokenizer }: { folder: string; hasWeights: boolean; hasTokenizer: boolean },
): string[] {
  if (!hasWeights) return ['nothing yet: there are no weights (model.safetensors)']
  const finetune = (name: string, what: string) =>
    `bertsmith finetune --task ${name} --model ${folder}${hasTokenizer ? '' : ' --tokenizer DIR'} … (${what})`
  const uses = [finetune('TASK', 'a new head')]
  if (task === undefined) return uses
  uses.unshift(finetune(task, 'more training'))
  if (!hasTokenizer) return uses
  const predict = `bertsmith predict --model ${folder} ${cardTask(task)?.predict ?? '"A text."'}`
  return [predict, `bertsmith evaluate --model ${folder} --data FILE`, ...uses]
}

const count = (value: number): string => value.toLocaleString('en-US')

function bytes(value: number): string {
  if (value < 1e6) return `${(value / 1e3).toFixed(0)} kB`
  return value < 1e9 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e9).toFixed(2)} GB`
}
