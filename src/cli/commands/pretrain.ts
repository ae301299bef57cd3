import { createModel, describeModel, loadModel } from '../../checkpoints/node.ts'
import { ConfigError } from '../../core/errors.ts'
import { requireMaxLength, shortestExample } from '../../data/pretraining/examples.ts'
import { type BertSize, bertConfig, bertSizes } from '../../models/bert-config.ts'
import { electraConfig, generatorConfig, requireGeneratorFraction } from '../../models/electra-config.ts'
import { replacedTokenDetection } from '../../models/heads/replaced-token-detection.ts'
import type { LoraConfig } from '../../models/lora.ts'
import type { EncoderModel } from '../../models/model.ts'
import { type BertTokenizer, requireBertTokenizer } from '../../tokenizers/index.ts'
import { loadTokenizer } from '../../tokenizers/node.ts'
import { checkPretraining } from '../../training/node/check-pretraining.ts'
import { type PretrainResult, pretrain as runPretraining } from '../../training/node/pretrain.ts'
import { requirePretrainingMetric } from '../../training/tasks/pretraining.ts'
import { bestMetricName } from '../../training/training-arguments.ts'
import { cardFlags, foreignCard, readCardFlags } from '../card-flags.ts'
import { type CommandContext, defineCommand } from '../command.ts'
import { checkGrowth, growModel } from '../grow-vocabulary.ts'
import { modelFolder } from '../inputs.ts'
import { interrupted, stopRemark } from '../interrupted.ts'
import { loraFlags, parameterText, readAdaptation, saveAdapterFlag } from '../lora-flags.ts'
import { maskingOf } from '../masking-flags.ts'
import { modelTokenizer } from '../model-tokenizer.ts'
import { oneOf } from '../one-of.ts'
import { readPhases } from '../pretrain-phases.ts'
import { taskFlags } from '../tasks/task-flags.ts'
import { pretrainingFlags, readTrainingFlags } from '../training-flags.ts'
import { checkTrainingFolders } from '../training-folder.ts'
import { trainingProgress } from '../training-progress.ts'

/** Objectives by the names of `--objective`, and the task whose head has them. */
const objectives: Readonly<Record<string, { task: string; pairs?: 'next-sentence' | 'sentence-order' }>> = {
  mlm: { task: 'masked-lm' },
  'mlm,nsp': { task: 'pretraining', pairs: 'next-sentence' },
  'mlm,sop': { task: 'pretraining', pairs: 'sentence-order' },
  rtd: { task: 'replaced-token-detection' },
}

const startEmbeddings = ['random', 'cooccurrence'] as const
const documentEnds = ['blank-line', 'file'] as const

export const pretrain = defineCommand({
  name: 'pretrain',
  summary: 'Pre-train a model on plain text, or adapt one to a domain',
  example: `bertsmith pretrain --corpus texts/ --size mini --tokenizer out/tokenizer --max-steps 20000 --output out/mini
bertsmith pretrain --corpus reports.txt --model bert-folder --epochs 3 --output out/adapted`,
  flags: {
    corpus: {
      type: 'string',
      many: true,
      required: true,
      value: 'FILE…',
      description: 'Texts: txt, jsonl, parquet, or folders of them',
    },
    output: {
      type: 'string',
      required: true,
      value: 'DIR',
      description: 'Folder for model, checkpoints, metrics, report',
    },
    model: { type: 'string', value: 'DIR', description: 'Model to go on from' },
    size: { type: 'string', value: bertSizes.join('|'), description: 'Or: start from random weights' },
    tokenizer: { type: 'string', value: 'DIR', description: "Tokenizer (default: the model's)" },
    'grow-vocabulary': {
      type: 'number',
      value: 'WORDS',
      description: 'With --model: first add so many frequent words of the corpus as tokens',
    },
    'start-embeddings': {
      type: 'string',
      value: startEmbeddings.join('|'),
      description: "With --size: tokens' vectors that start random (default), or from which tokens stand together",
    },
    objective: { type: 'string', value: Object.keys(objectives).join('|'), description: 'What to learn (default mlm)' },
    masking: taskFlags.masking,
    'mask-probability': taskFlags['mask-probability'],
    'generator-fraction': { type: 'number', description: "rtd: width of the generator by the model's (default 0.25)" },
    'max-length': { type: 'number', description: 'Longest example in tokens (default 128)' },
    phases: {
      type: 'string',
      value: 'LENGTH:SHARE[:BATCH],…',
      description: 'In place of --max-length: lengths by share of the run, as 128:0.9:64,512:0.1:16',
    },
    'eval-share': { type: 'number', description: 'Share of the documents to hold out (default 0.02)' },
    'eval-corpus': {
      type: 'string',
      many: true,
      value: 'NAME=FILE…',
      description: 'Further texts to measure perplexity on',
    },
    duplicates: { type: 'number', description: 'Pairs: how often to cut the corpus anew (default 1)' },
    documents: {
      type: 'string',
      value: documentEnds.join('|'),
      description: 'What ends a document of a txt file (default blank-line)',
    },
    'text-column': {
      type: 'string',
      value: 'NAME',
      description: 'Field of the text in jsonl and parquet (default text)',
    },
    resume: { type: 'boolean', description: 'Go on from the newest checkpoint in --output, if there is one' },
    overwrite: { type: 'boolean', description: 'Replace an earlier run in --output' },
    ...cardFlags,
    ...pretrainingFlags,
    ...loraFlags,
    'save-adapter': saveAdapterFlag,
  },
  async run(values, _, context) {
    const { output, resume = false, overwrite = false, maxLength } = values
    const objective = oneOf(values.objective ?? 'mlm', Object.keys(objectives), '--objective')
    const masking = maskingOf(values)
    const args = readTrainingFlags(values, true)
    requirePretrainingMetric(bestMetricName(args), objectives[objective].task)
    checkGenerator(values, objective)
    const { lora, saveAdapter } = readAdaptation(values)
    const least = shortestExample[objectives[objective].pairs ? 'pair' : 'sentences']
    if (maxLength !== undefined) requireMaxLength(maxLength, least)
    const phases = readPhases(values, { maxSteps: args.maxSteps, least })
    const longest = phases ? Math.max(...phases.map(({ maxLength }) => maxLength)) : maxLength
    await checkTrainingFolders('pretrain', values, args)
    checkGrowth(values.growVocabulary, values.model)
    const start = oneOf(values.startEmbeddings ?? 'random', startEmbeddings, '--start-embeddings')
    if (start === 'cooccurrence' && values.model !== undefined) {
      throw new ConfigError(
        'FLAG_VALUE',
        '--start-embeddings cooccurrence would replace what --model knows of its tokens: it is for new models, --size',
      )
    }
    if (lora && values.growVocabulary) {
      throw new ConfigError(
        'LORA',
        '--grow-vocabulary adds rows to embeddings, which --lora-rank keeps as they are: leave out one of them',
      )
    }
    const corpusOptions = {
      documents: values.documents === undefined ? undefined : oneOf(values.documents, documentEnds, '--documents'),
      field: values.textColumn,
    }
    const settings = {
      corpus: values.corpus,
      corpusOptions,
      evalCorpora: evalCorpora(values.evalCorpus ?? []),
      startEmbeddings: start === 'cooccurrence' ? start : ('model' as const),
      pairs: objectives[objective].pairs,
      masking,
      maxLength,
      phases,
      duplicates: values.duplicates,
      evalShare: values.evalShare,
      args,
      output,
      resume,
      overwrite,
      saveAdapter,
    }
    const prepared = await prepareModel({ ...values, maxLength: longest, lora }, objective, args.seed, context)
    const { modelName } = prepared
    let { model, tokenizer } = prepared
    try {
      if (values.growVocabulary) {
        await checkPretraining({ ...settings, model, tokenizer }) // before words are counted
        const growth = { corpus: values.corpus, options: corpusOptions, threads: values.threads }
        ;({ model, tokenizer } = await growModel(prepared, values.growVocabulary, growth, context))
      }
      context.note(`${model.className}, ${parameterText(model)}; objective ${objective}`)
      const progress = trainingProgress(context.stderr)
      const finished = await context
        .stoppable(stopRemark, (signal) =>
          runPretraining({
            ...settings,
            model,
            tokenizer,
            signal,
            ...progress,
            title: `Pre-training: ${output}`,
            modelName,
            card: readCardFlags(values),
          }),
        )
        .finally(progress.finish)
      if (finished.result.reason === 'aborted') throw interrupted(output, finished.result)
      if (finished.cardPath === undefined) context.note(foreignCard(output))
      return report(output, finished, context)
    } finally {
      await model.close()
    }
  },
})

/** @throws ConfigError for a width that no generator can have, or without one */
function checkGenerator({ generatorFraction: fraction }: { generatorFraction?: number }, objective: string): void {
  if (fraction === undefined) return
  if (objective !== 'rtd') {
    throw new ConfigError(
      'FLAG_VALUE',
      `--generator-fraction is for --objective rtd, which trains a generator, not for ${objective}: leave it out`,
    )
  }
  requireGeneratorFraction(fraction)
}

/** `NAME=FILE`, several files of one name joined. */
function evalCorpora(given: readonly string[]): Record<string, string[]> {
  const corpora: Record<string, string[]> = {}
  for (const entry of given) {
    const [, name, file] = /^([^=]+)=(.+)$/.exec(entry) ?? []
    if (!name) throw new ConfigError('EVAL_CORPUS', `--eval-corpus takes NAME=FILE, not "${entry}"`)
    corpora[name] = [...(corpora[name] ?? []), file]
  }
  return corpora
}

interface ModelFlags {
  readonly model?: string
  readonly size?: string
  readonly tokenizer?: string
  readonly maxLength?: number
  readonly threads?: number
  readonly generatorFraction?: number
  readonly lora?: Partial<LoraConfig>
}

async function prepareModel(
  { model: path, size, tokenizer: tokenizerPath, maxLength = 128, threads, generatorFraction, lora }: ModelFlags,
  objective: string,
  seed: number,
  { note }: CommandContext,
): Promise<{ model: EncoderModel; tokenizer: BertTokenizer; modelName: string }> {
  if ((path === undefined) === (size === undefined)) {
    throw new ConfigError(
      'MODEL',
      'give --model DIR to go on from a model, or --size mini --tokenizer DIR to start from scratch',
    )
  }
  const { task } = objectives[objective]
  const options = { seed, threads }
  if (path !== undefined) {
    if (objective === 'rtd') {
      throw new ConfigError('NOT_SUPPORTED', '--objective rtd with --model is not supported yet: start with --size')
    }
    const folder = await modelFolder(path)
    await describeModel(folder, task)
    const tokenizer = requireBertTokenizer(await modelTokenizer(folder, tokenizerPath), 'pretrain')
    const logger = { info: note, warn: note }
    const adapted = lora && { base: path, ...lora }
    const model = await loadModel(folder, task, { ...options, logger, lora: adapted })
    return { model, tokenizer, modelName: path }
  }
  if (tokenizerPath === undefined) {
    throw new ConfigError('MISSING_FLAG', '--size needs --tokenizer DIR: bertsmith tokenizer train makes one')
  }
  const tokenizer = await wordPiece(await modelFolder(tokenizerPath))
  const settings = {
    size: oneOf(size as BertSize, bertSizes, '--size'),
    vocabSize: tokenizer.vocabSize,
    padTokenId: tokenizer.padId,
    // Positions that training never reaches would stay random, so the model is made as long as its examples.
    maxPositionEmbeddings: Math.max(maxLength, tokenizer.maxLength ?? 0),
  }
  const modelName = `${objective === 'rtd' ? 'electra' : 'bert'} ${size}, random weights`
  if (objective !== 'rtd')
    return { model: await createModel(task, 'bert', bertConfig(settings), options), tokenizer, modelName }
  const config = electraConfig(settings)
  const head = replacedTokenDetection(generatorConfig(config, generatorFraction))
  return { model: await createModel(head, 'electra', config, options), tokenizer, modelName }
}

const wordPiece = async (folder: string) => requireBertTokenizer(await loadTokenizer(folder), 'pretrain')

function report(
  output: string,
  { result, comparisons, corpus, files, metrics }: PretrainResult,
  { print }: CommandContext,
) {
  const { steps, seconds, tokensPerSecond } = result
  print(`${count(corpus.tokens)} tokens in ${count(corpus.documents)} documents`)
  print(`${count(steps)} steps in ${seconds.toFixed(1)} s, ${count(Math.round(tokensPerSecond))} tokens/s`)
  for (const [name, { before, after }] of Object.entries(comparisons)) {
    print(`\n${name}`)
    for (const metric of Object.keys(after)) {
      print(`  ${metric.padEnd(16)} ${before[metric].toPrecision(4).padStart(10)} -> ${after[metric].toPrecision(4)}`)
    }
  }
  print(`\n${output}: ${files.join(', ')}`)
  return { output, steps, seconds, tokensPerSecond, metrics, comparisons }
}

const count = (value: number): string => value.toLocaleString('en-US')
