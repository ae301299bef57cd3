/** The batches of the pre-training cases: packed text with the same masks for both sides. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type RandomStream, randomStream } from '../src/core/random.ts'
import { maskTokens } from '../src/data/masking.ts'
import { materialise } from '../src/data/pretraining/examples.ts'
import { createMemoryTokenStore, planFullSentences, tokenizeCorpus } from '../src/data/pretraining/index.ts'
import { listCorpusFiles, readCorpus } from '../src/data/pretraining/node.ts'
import { BertTokenizer } from '../src/tokenizers/bert-tokenizer.ts'
import { parseVocabText } from '../src/tokenizers/vocabulary.ts'
import { type BatchSource, cut, randomIds, vocabSize } from './batches.ts'
import type { StepBatch } from './protocol.ts'

const clsId = 101
const sepId = 102
const maskId = 103
const length = 128

/**
 * Whole sentences of WikiText-2, packed into up to 128 tokens, 15 % of them to be predicted. Without its files, random ids.
 * @param data the folder with `wikitext2/*.txt` and `bert-base-uncased/vocab.txt`
 */
export async function mlmBatches(data: string, count: number, batchSize: number): Promise<BatchSource> {
  const random = randomStream(42, 'mlm')
  const files = [join(data, 'wikitext2'), join(data, 'bert-base-uncased', 'vocab.txt')]
  const missing = files.filter((file) => !existsSync(file))
  const make = (sequence: (k: number) => number[]): StepBatch[] =>
    Array.from({ length: count }, (_, i) => {
      const rows = Array.from({ length: batchSize }, (_, b) => masked(sequence(i * batchSize + b), random))
      return { ids: rows.map(({ ids }) => Array.from(ids)), labels: rows.map(({ labels }) => Array.from(labels)) }
    })
  if (missing.length > 0) {
    return {
      source: `random ids, ${length} tokens a sequence, 15 % to be predicted`,
      notFound: `${missing.join(' and ')} (text files; the published vocabulary)`,
      batches: make(() => randomIds(length, random)),
    }
  }
  const sequences = random.shuffle(await packedSentences(data))
  return {
    source: `sentences of WikiText-2 packed into up to ${length} tokens, 15 % to be predicted`,
    batches: make((k) => cut(sequences, k, 1)[0]),
  }
}

/** The ids of each packed example. */
async function packedSentences(data: string): Promise<number[][]> {
  const vocab = parseVocabText(await readFile(join(data, 'bert-base-uncased', 'vocab.txt'), 'utf8'))
  const tokenizer = new BertTokenizer({ vocab })
  const writer = createMemoryTokenStore(tokenizer.vocabSize)
  const { files } = await listCorpusFiles([join(data, 'wikitext2')])
  await tokenizeCorpus(readCorpus(files), { tokenizer, writer })
  const store = writer.finish()
  const examples = planFullSentences(store, { maxLength: length })
  return Array.from(examples.lengths, (_, i) => Array.from(materialise(store, examples, i, tokenizer).ids))
}

function masked(ids: readonly number[], randomStream: RandomStream) {
  const specialTokensMask = ids.map((id) => Number(id === clsId || id === sepId))
  return maskTokens({ ids: Int32Array.from(ids), specialTokensMask }, { maskId, vocabSize, randomStream })
}
