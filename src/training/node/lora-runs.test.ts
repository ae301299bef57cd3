/** Runs that train adapters: what they leave, and that a run which was stopped ends as one that was not. */
import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { largestDifference } from '../../../test/answers.ts'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { AutoModelForSequenceClassification, createModel, openWeights } from '../../checkpoints/node.ts'
import { collateSequences } from '../../data/collator.ts'
import type { Example } from '../../data/example.ts'
import { bertConfig } from '../../models/bert-config.ts'
import type { LoraConfig } from '../../models/lora.ts'
import { BertTokenizer } from '../../tokenizers/index.ts'
import { type FinetuneClassifierOptions, finetuneClassifier } from './finetune.ts'

const root = temporaryFolder()
const [base, otherBase] = [join(root, 'base'), join(root, 'other-base')]
const words = ['good', 'great', 'lovely', 'bad', 'awful', 'dull']
const tokenizer = new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words] })
const labels = ['down', 'up']
const config = bertConfig({
  vocabSize: tokenizer.vocabSize,
  hiddenSize: 12,
  numHiddenLayers: 2,
  numAttentionHeads: 3,
  intermediateSize: 17,
  maxPositionEmbeddings: 8,
  initializerRange: 0.3, // so that the frozen layers have something to tell of the words
})
const examples = (count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    text: `${words[i % 6]} ${words[(i + 1) % 3]}`,
    label: labels[Number(i % 6 < 3)],
    source: { file: 'made.csv', row: i + 2 },
  }))

interface RunOptions extends Partial<FinetuneClassifierOptions> {
  output: string
  from?: string
  lora?: Partial<LoraConfig>
  /** Stops the run after so many steps. */
  stopAfter?: number
}

/** Trains adapters on a model of its own. */
async function run({ from = base, lora = { rank: 2, alpha: 4, dropout: 0.1 }, stopAfter, ...options }: RunOptions) {
  const model = await AutoModelForSequenceClassification.fromPretrained(from, { labels, threads: 1, lora })
  const stop = new AbortController()
  return finetuneClassifier({
    model,
    tokenizer,
    trainExamples: examples(24),
    evalExamples: examples(6),
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === 'step' && event.step === stopAfter) stop.abort()
    },
    ...options,
    args: { batchSize: 3, learningRate: 0.02, epochs: 2, ...options.args },
  }).finally(() => model.close())
}

beforeAll(async () => {
  for (const [folder, seed] of [
    [base, 1],
    [otherBase, 2],
  ] as const) {
    const model = await createModel(null, 'bert', config, { threads: 1, seed })
    await model.savePretrained(folder).finally(() => model.close())
  }
})

test('a run leaves the merged model, and the adapter if asked', async () => {
  const output = join(root, 'whole')
  const { files, metrics } = await run({ output, saveAdapter: true, args: { epochs: 15, saveStrategy: 'no' } })
  expect(files).toContain('adapter/')
  expect(metrics.accuracy.value).toBe(1)
  const load = (folder: string, options = {}) =>
    AutoModelForSequenceClassification.fromPretrained(folder, { threads: 1, requireHead: true, ...options })
  const batch = collateSequences(
    tokenizer
      .encodeBatch(['good great', 'dull', 'bad awful lovely'])
      .map(({ ids, typeIds }) => ({ ids: Int32Array.from(ids), typeIds: Int32Array.from(typeIds) })),
  )
  const logits: Float32Array[] = []
  for (const model of [await load(output), await load(base, { labels, adapter: join(output, 'adapter') })]) {
    logits.push((await model.forward(batch)).logits!.data as Float32Array)
    await model.close()
  }
  expect(largestDifference(logits[0], logits[1])).toBeLessThan(1e-5)
  const weights = await openWeights(output)
  await weights.close()
  expect([...weights.tensors.keys()].filter((name) => name.includes('lora'))).toEqual([])
  expect(JSON.parse(await readFile(join(output, 'adapter/adapter_config.json'), 'utf8'))).toMatchObject({
    base_model_name_or_path: base,
    r: 2,
    lora_dropout: 0.1,
  })
  const report = await readFile(join(output, 'report.html'), 'utf8')
  expect(report).toContain('rank 2, alpha 4, targets query, value')

  // A run that replaces it and saves no adapter leaves none that belongs to another model.
  await run({ output, overwrite: true, args: { maxSteps: 1 } })
  expect(await readdir(output)).not.toContain('adapter')
})

test.each([
  ['as it is', {}],
  [
    'with averages, two batches a step, decay by layers, recomputation and gradual unfreezing',
    {
      emaDecay: 0.9,
      gradientAccumulationSteps: 2,
      layerwiseLrDecay: 0.9,
      recompute: true,
      gradualUnfreezing: 'steps',
      gradualUnfreezingSteps: 3,
    },
  ],
] as const)('a run that was stopped goes on to the same bytes, %s', async (name, args) => {
  const bytes = (folder: string) =>
    ['model.safetensors', 'adapter/adapter_model.safetensors'].map((file) => readFileSync(join(folder, file)))
  const [whole, stopped] = ['whole', 'stopped'].map((kind) => join(root, `${kind} ${name.length}`))
  await run({ output: whole, saveAdapter: true, args })
  const first = await run({ output: stopped, saveAdapter: true, args, stopAfter: 5 })
  expect(first.result).toMatchObject({ reason: 'aborted', steps: 5 })
  const { result } = await run({ output: stopped, saveAdapter: true, args, resume: true })
  expect(result.reason).toBe('finished')
  expect(bytes(stopped)).toEqual(bytes(whole))
})

test('the best evaluation is loaded again with its adapter', async () => {
  const output = join(root, 'best')
  const args = { loadBestModelAtEnd: true, learningRate: 0.05, lrScheduler: 'constant', epochs: 3 } as const
  const { result } = await run({ output, args })
  const best = readFileSync(join(output, result.state.best_model_checkpoint!, 'model.safetensors'))
  expect(readFileSync(join(output, 'model.safetensors')).equals(best)).toBe(true)
})

test('other adapters, and another model under them, are not gone on with', async () => {
  const output = join(root, 'other')
  await run({ output, args: { maxSteps: 2 } })
  const again = (changes: Partial<RunOptions>) => run({ output, args: { maxSteps: 2 }, resume: true, ...changes })
  await expect(again({ lora: { rank: 3, alpha: 4, dropout: 0.1 } })).rejects.toThrow(/lora: \{"rank":2.* -> \{"rank":3/)
  await expect(again({ from: otherBase })).rejects.toThrow(
    /other settings[\s\S]*model \(--model\) has other weights than before/,
  )
  await expect(again({})).resolves.toBeDefined()
})

test('what cannot be is refused before the folder is made', async () => {
  const output = join(root, 'refused')
  await expect(run({ output, args: { reinitializeLayers: 1 } })).rejects.toThrow(/^reinitializeLayers/)
  const model = await AutoModelForSequenceClassification.fromPretrained(base, { labels, threads: 1 })
  const options = { model, tokenizer, trainExamples: examples(6), output, saveAdapter: true }
  await expect(finetuneClassifier(options).finally(() => model.close())).rejects.toThrow('the model has no adapter')
  expect(await readdir(root)).not.toContain('refused')
})
