import { readdir } from 'node:fs/promises'
import { ConfigError, didYouMean, reworded, TokenizerError } from '../../core/errors.ts'
import { readTexts } from '../../data/node.ts'
import { tokenizerMarks } from '../../tokenizers/files/file-names.ts'
import { type TokenizerTrainingProgress, trainBpe, trainUnigram, trainWordPiece } from '../../tokenizers/index.ts'
import { saveTokenizer } from '../../tokenizers/node.ts'
import { requireNoRun } from '../../training/node/run-folder.ts'
import { defineCommand } from '../command.ts'
import { checkOutputFolder, dataFlags, readOptions } from '../inputs.ts'
import { createProgress, type Progress } from '../progress.ts'

/** What each kind of vocabulary is trained with. */
const trainers = {
  wordpiece: trainWordPiece,
  bpe: trainBpe,
  unigram: (
    texts: AsyncIterable<string>,
    { minFrequency, ...options }: Parameters<typeof trainUnigram>[1] & { minFrequency?: number },
  ) => {
    if (minFrequency === undefined) return trainUnigram(texts, options)
    throw new ConfigError('SETTING', '--min-frequency has no part in training a unigram vocabulary: leave it out')
  },
}

export const tokenizerTrain = defineCommand({
  name: 'tokenizer train',
  summary: 'Learn a vocabulary from texts',
  example:
    'bertsmith tokenizer train --input train.csv --model wordpiece --vocab-size 8000 --lowercase --output out/tokenizer',
  flags: {
    input: {
      type: 'string',
      many: true,
      required: true,
      value: 'FILE…',
      description: 'Texts: txt, csv, tsv, jsonl, also .gz; of any size',
    },
    output: { type: 'string', required: true, value: 'DIR', description: 'Folder for the tokenizer files' },
    model: {
      type: 'string',
      value: 'wordpiece|bpe|unigram',
      description: 'Kind of vocabulary: of BERT, of RoBERTa, of XLM-R (default wordpiece)',
    },
    'vocab-size': {
      type: 'number',
      description: 'Tokens, special ones included (default 30522, of bpe 50265, of unigram 30000)',
    },
    'min-frequency': { type: 'number', description: 'Do not make rarer pieces (default 2; not for unigram)' },
    lowercase: { type: 'boolean', description: 'Ignore case, and accents but for bpe (default: keep them)' },
    'max-length': { type: 'number', description: 'Longest input of the model to come, in tokens' },
    'text-column': dataFlags['text-column'],
    format: dataFlags.format,
    overwrite: { type: 'boolean', description: 'Replace an earlier tokenizer in --output' },
  },
  async run(values, _, { print, stderr }) {
    const { model = 'wordpiece', output, lowercase = false, overwrite = false } = values
    if (!Object.hasOwn(trainers, model)) {
      const kinds = Object.keys(trainers)
      throw new ConfigError(
        'TOKENIZER_MODEL',
        `--model ${model} is unknown${didYouMean(model, kinds)}: use ${kinds.join(', ')}`,
      )
    }
    const train = trainers[model as keyof typeof trainers]
    await checkOutputFolder(output)
    await requireNoRun(output, 'to it the ids of another tokenizer would be other words, so choose another folder')
    if (!overwrite) await requireNoTokenizer(output)
    const started = performance.now()
    const progress = stageProgress(stderr)
    try {
      const learning = train(texts(values.input, values), {
        vocabSize: values.vocabSize,
        minFrequency: values.minFrequency,
        lowercase,
        maxLength: values.maxLength,
        onProgress: progress.update,
      })
      const tokenizer = await learning.catch((error) => {
        throw withoutAlphabet(error)
      })
      progress.finish()
      await saveTokenizer(tokenizer, output)
      const seconds = (performance.now() - started) / 1000
      print(`${output}: ${tokenizer.vocabSize} tokens in ${seconds.toFixed(1)} s`)
      return { output, vocabSize: tokenizer.vocabSize, seconds }
    } finally {
      progress.finish()
    }
  },
})

/** The trainer's error, without advice that is for the library alone: there is no flag for the alphabet's size. */
function withoutAlphabet(error: unknown): unknown {
  if (!(error instanceof TokenizerError && error.code === 'VOCAB_SIZE')) return error
  return reworded(error, error.message.replace(' or a smaller limitAlphabet', ''))
}

/** @throws ConfigError `OUTPUT_NOT_EMPTY` if the folder holds a tokenizer, which texts may have been encoded with */
async function requireNoTokenizer(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []) // there may be no such folder yet
  const found = names.filter((name) => tokenizerMarks.includes(name)).sort()
  if (found.length === 0) return
  throw new ConfigError(
    'OUTPUT_NOT_EMPTY',
    `${folder} holds a tokenizer (${found.join(', ')}): replace it with --overwrite, or choose another --output`,
  )
}

async function* texts(files: readonly string[], values: { textColumn?: string; format?: string }) {
  for (const file of files) yield* readTexts(file, readOptions(values))
}

const labels = {
  count: ['Reading texts', 'texts'],
  merge: ['Learning pieces', 'pieces'],
  estimate: ['Learning pieces', 'passes'],
} as const

/** Two bars, one after the other: texts read, then pieces found or passes over the words. */
function stageProgress(stream: Parameters<typeof createProgress>[0]['stream']) {
  let stage: TokenizerTrainingProgress['stage'] | undefined
  let bar: Progress | undefined
  return {
    update(progress: TokenizerTrainingProgress) {
      if (progress.stage !== stage) {
        bar?.finish()
        stage = progress.stage
        const [label, unit] = labels[stage]
        bar = createProgress({ stream, label, unit, total: progress.total })
      }
      bar?.update(progress.done)
    },
    finish: () => bar?.finish(),
  }
}
