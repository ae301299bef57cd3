/** The batches of the benchmark's cases; both sides get the same ones. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type RandomStream, randomStream } from '../src/core/random.ts'
import { IGNORED_LABEL } from '../src/data/collator.ts'
import { BertTokenizer } from '../src/tokenizers/bert-tokenizer.ts'
import { parseVocabText } from '../src/tokenizers/vocabulary.ts'
import type { BatchSizes } from './products.ts'
import type { StepBatch } from './protocol.ts'
import { inThisFolder } from './side.ts'

/** Batches and where they are from. */
export interface BatchSource {
  source: string
  /** What was looked for and not found. */
  notFound?: string
  batches: StepBatch[]
}

/** Ids from here on are ordinary tokens of the published vocabulary, up to its 30522. */
const firstWord = 1996
export const vocabSize = 30522
const clsId = 101
const sepId = 102

/** Sequences of 128 tokens, without padding on either side. */
export function denseBatches(count: number, batchSize: number): BatchSource {
  const random = randomStream(42, 'dense')
  const batch = () =>
    randomBatch(
      Array.from({ length: batchSize }, () => 128),
      random,
    )
  return { source: 'random ids, 128 tokens a sequence', batches: Array.from({ length: count }, batch) }
}

/**
 * Sentences of SST-2's training part in a random order. Without its file, random ids in sentences of SST-2's lengths.
 * @param data the folder with `sst2/train.tsv` and `bert-base-uncased/vocab.txt`
 */
export async function sst2Batches(data: string, count: number, batchSize: number): Promise<BatchSource> {
  const random = randomStream(42, 'sst2')
  const files = [join(data, 'sst2', 'train.tsv'), join(data, 'bert-base-uncased', 'vocab.txt')]
  const missing = files.filter((file) => !existsSync(file))
  if (missing.length > 0) {
    const lengths = random.shuffle(await storedLengths())
    const batch = (i: number) => randomBatch(cut(lengths, i, batchSize), random)
    return {
      source: "random ids in sentences of SST-2's lengths, from bench/sst2-lengths.json",
      notFound: `${missing.join(' and ')} (tab-separated sentences and labels; the published vocabulary)`,
      batches: Array.from({ length: count }, (_, i) => batch(i)),
    }
  }
  const sequences = random.shuffle(await sst2Sequences(data))
  const batch = (i: number): StepBatch => {
    const ids = cut(sequences, i, batchSize)
    return { ids, labels: ids.map(() => random.integer(2)) }
  }
  return { source: "sentences of SST-2's training part", batches: Array.from({ length: count }, (_, i) => batch(i)) }
}

/** The ids of each sentence of SST-2's training part. */
export async function sst2Sequences(data: string): Promise<number[][]> {
  const vocab = parseVocabText(await readFile(join(data, 'bert-base-uncased', 'vocab.txt'), 'utf8'))
  const tokenizer = new BertTokenizer({ vocab, maxLength: 512 })
  const text = await readFile(join(data, 'sst2', 'train.tsv'), 'utf8')
  const sentences = text.split('\n').filter((line) => line !== '')
  return sentences.map((line) => Array.from(tokenizer.encode(line.split('\t')[0], { truncation: true }).ids))
}

/** How many sentences there are of each length in tokens. */
export type LengthCounts = Record<string, number>

async function storedLengths(): Promise<number[]> {
  const { counts } = JSON.parse(await readFile(inThisFolder('sst2-lengths.json'), 'utf8')) as { counts: LengthCounts }
  return Object.entries(counts).flatMap(([length, count]) => Array.from({ length: count }, () => Number(length)))
}

/** Part i of a list, which starts over at its end. */
export function cut<T>(list: readonly T[], i: number, size: number): T[] {
  return Array.from({ length: size }, (_, k) => list[(i * size + k) % list.length])
}

function randomBatch(lengths: readonly number[], random: RandomStream): StepBatch {
  return {
    ids: lengths.map((length) => randomIds(length, random)),
    labels: lengths.map(() => random.integer(2)),
  }
}

/** A sequence of so many tokens, special ones included. */
export function randomIds(length: number, random: RandomStream): number[] {
  const word = () => firstWord + random.integer(vocabSize - firstWord)
  return [clsId, ...Array.from({ length: length - 2 }, word), sepId]
}

/** B, N and T of a batch, and M where tokens are to be predicted. */
export function batchSizes({ ids, labels }: StepBatch): BatchSizes {
  const lengths = ids.map((row) => row.length)
  const predicted = labels.flat().filter((label) => label !== IGNORED_LABEL).length
  return {
    batch: ids.length,
    tokens: lengths.reduce((a, b) => a + b, 0),
    longest: Math.max(...lengths),
    ...(Array.isArray(labels[0]) && { masked: predicted }),
  }
}
