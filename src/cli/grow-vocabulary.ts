import { growEmbeddings } from '../checkpoints/node.ts'
import { ConfigError } from '../core/errors.ts'
import { type CorpusOptions, listCorpusFiles, readCorpus } from '../data/pretraining/node.ts'
import type { EncoderModel } from '../models/model.ts'
import { type BertTokenizer, growVocabulary } from '../tokenizers/index.ts'

/** A model that is to learn the words of a corpus. */
export interface GrowingModel {
  model: EncoderModel
  tokenizer: BertTokenizer
}

/**
 * Does what `--grow-vocabulary` says, and tells which words there are now. The model that was given is closed. The same corpus
 * gives the same words, so a run can be resumed.
 * @throws ConfigError for a number that is no whole number above 0; as `readCorpus` and `growEmbeddings`
 */
export async function growModel(
  { model, tokenizer }: GrowingModel,
  words: number,
  {
    corpus,
    options,
    seed,
    threads,
  }: { corpus: readonly string[]; options: CorpusOptions; seed: number; threads?: number },
  note: (text: string) => void,
): Promise<GrowingModel> {
  try {
    const { files } = await listCorpusFiles(corpus, options)
    const texts = (async function* () {
      for await (const { text } of readCorpus(files, options)) yield text
    })()
    const grown = await growVocabulary(tokenizer, texts, { words })
    const { before, after } = grown.tokensPerWord
    const examples = grown.added.slice(0, 8).map(({ word }) => word)
    note(
      grown.added.length === 0
        ? 'the vocabulary has all frequent words of the corpus already: nothing is added'
        : `${grown.added.length} word${grown.added.length === 1 ? '' : 's'} added to the vocabulary (${examples.join(', ')}${grown.added.length > 8 ? ', …' : ''}): ` +
            `${before.toFixed(3)} -> ${after.toFixed(3)} tokens a word. Perplexities of models with other vocabularies do not compare.`,
    )
    return { model: await growEmbeddings(model, grown.added, { seed, threads }), tokenizer: grown.tokenizer }
  } finally {
    await model.close()
  }
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
