import { ConfigError, didYouMean } from '../../core/errors.ts'
import { readTexts } from '../../data/node.ts'
import { type TokenizerTrainingProgress, trainWordPiece } from '../../tokenizers/index.ts'
import { saveTokenizer } from '../../tokenizers/node.ts'
import { defineCommand } from '../command.ts'
import { checkOutputFolder, dataFlags, readOptions } from '../inputs.ts'
import { createProgress, type Progress } from '../progress.ts'

const kinds = ['wordpiece', 'bpe', 'unigram']

export const tokenizerTrain = defineCommand({
  name: 'tokenizer train',
  summary: 'Learn a vocabulary from texts',
  example:
    'bertsmith tokenizer train --input train.csv --model wordpiece --vocab-size 8000 --lowercase --output out/tokenizer',
  flags: {
    input: { type: 'string', many: true, required: true, value: 'FILE…', description: 'Texts: txt, csv, tsv, jsonl' },
    output: { type: 'string', required: true, value: 'DIR', description: 'Folder for the tokenizer files' },
    model: {
      type: 'string',
      value: 'wordpiece',
      description: 'Kind of vocabulary (default wordpiece, the only one yet)',
    },
    'vocab-size': { type: 'number', description: 'Tokens, special ones included (default 30522)' },
    'min-frequency': { type: 'number', description: 'Do not make rarer pieces (default 2)' },
    lowercase: { type: 'boolean', description: 'Ignore case and accents (default: keep them)' },
    'max-length': { type: 'number', description: 'Longest input of the model to come, in tokens' },
    'text-column': dataFlags['text-column'],
    format: dataFlags.format,
  },
  async run(values, _, { print, stderr }) {
    const { model = 'wordpiece', output, lowercase = false } = values
    if (model !== 'wordpiece') {
      const text = kinds.includes(model) ? 'is not supported yet' : `is unknown${didYouMean(model, kinds)}`
      throw new ConfigError('NOT_SUPPORTED', `--model ${model} ${text}: use wordpiece`)
    }
    await checkOutputFolder(output)
    const started = performance.now()
    const progress = stageProgress(stderr)
    const tokenizer = await trainWordPiece(texts(values.input, values), {
      vocabSize: values.vocabSize,
      minFrequency: values.minFrequency,
      lowercase,
      maxLength: values.maxLength,
      onProgress: progress.update,
    })
    progress.finish()
    await saveTokenizer(tokenizer, output)
    const seconds = (performance.now() - started) / 1000
    print(`${output}: ${tokenizer.vocabSize} tokens in ${seconds.toFixed(1)} s`)
    return { output, vocabSize: tokenizer.vocabSize, seconds }
  },
})

async function* texts(files: readonly string[], values: { textColumn?: string; format?: string }) {
  for (const file of files) yield* readTexts(file, readOptions(values))
}

/** Two bars, one after the other: texts read, then pieces found. */
function stageProgress(stream: Parameters<typeof createProgress>[0]['stream']) {
  let stage: TokenizerTrainingProgress['stage'] | undefined
  let bar: Progress | undefined
  return {
    update(progress: TokenizerTrainingProgress) {
      if (progress.stage !== stage) {
        bar?.finish()
        stage = progress.stage
        const [label, unit] = stage === 'count' ? ['Reading texts', 'texts'] : ['Learning pieces', 'pieces']
        bar = createProgress({ stream, label, unit, total: progress.total })
      }
      bar?.update(progress.done)
    },
    finish: () => bar?.finish(),
  }
}
