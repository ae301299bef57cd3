import { growEmbeddings } from '../checkpoints/node.ts'
import { ConfigError } from '../core/errors.ts'
import { type CorpusOptions, type CorpusReadProgress, listCorpusFiles, readCorpus } from '../data/pretraining/node.ts'
import type { EncoderModel } from '../models/model.ts'
import { type BertTokenizer, type GrownVocabulary, growVocabulary } from '../tokenizers/index.ts'
import type { CommandContext } from './command.ts'
import { createProgress } from './progress.ts'

/** A model that is to learn the words of a corpus. */
export interface GrowingModel {
  model: EncoderModel
  tokenizer: BertTokenizer
}

/** Where the words come from, and the threads of the grown model. */
export interface GrowthSource {
  corpus: readonly string[]
  options: CorpusOptions
  threads?: number
}

/**
 * Does what `--grow-vocabulary` says, and tells which words there are now. The model that was given is closed. The same corpus
 * gives the same words, so a run can be resumed.
 * @throws as `readCorpus`, `growVocabulary` and `growEmbeddings`
 */
export async function growModel(
  { model, tokenizer }: GrowingModel,
  words: number,
  { corpus, options, threads }: GrowthSource,
  { note, stderr: stream }: Pick<CommandContext, 'note' | 'stderr'>,
): Promise<GrowingModel> {
  try {
    const { files } = await listCorpusFiles(corpus, options)
    const total = files.reduce((sum, { size }) => sum + size, 0)
    const progress = createProgress({ stream, label: 'Counting words', unit: 'bytes', total })
    const onProgress = ({ bytesRead }: CorpusReadProgress) => progress.update(bytesRead)
    const texts = (async function* () {
      try {
        for await (const { text } of readCorpus(files, { ...options, onProgress })) yield text
      } finally {
        progress.finish()
      }
    })()
    const grown = await growVocabulary(tokenizer, texts, { words })
    note(summary(grown, words))
    return { model: await growEmbeddings(model, grown.added, { threads }), tokenizer: grown.tokenizer }
  } finally {
    await model.close()
  }
}

function summary({ added, tokensPerWord: { before, after } }: GrownVocabulary, asked: number): string {
  if (added.length === 0) return 'no word added to the vocabulary: it has all frequent words of the corpus already'
  const examples = added.slice(0, 8).map(({ word }) => word)
  const list = `${examples.join(', ')}${added.length > examples.length ? ', …' : ''}`
  const fewer = added.length < asked ? `, for the corpus has no more that are frequent and cut, not ${asked}` : ''
  return (
    `${added.length} word${added.length === 1 ? '' : 's'} added to the vocabulary${fewer} (${list}): ` +
    `${before.toFixed(3)} -> ${after.toFixed(3)} tokens a word. Perplexity does not compare between vocabularies.`
  )
}

/** @throws ConfigError unless `--grow-vocabulary` is a whole number above 0 that goes with `--model` */
export function checkGrowth(words: number | undefined, model: string | undefined): void {
  if (words === undefined) return
  if (model === undefined) {
    throw new ConfigError(
      'FLAG_VALUE',
      '--grow-vocabulary is for going on from a model with --model: a new model has the vocabulary of its tokenizer',
    )
  }
  if (Number.isInteger(words) && words > 0) return
  throw new ConfigError('FLAG_VALUE', `--grow-vocabulary must be a whole number of at least 1, not ${words}`)
}
