import { join } from 'node:path'
import { randomStream } from '../../src/core/random.ts'
import type { Example } from '../../src/data/example.ts'
import type { EncoderModel } from '../../src/models/model.ts'
import type { BertTokenizer } from '../../src/tokenizers/index.ts'
import { finetuneClassifier } from '../../src/training/node/finetune.ts'

export interface FewLabelsOptions {
  /** Numbers of labelled mails. */
  sizes: readonly number[]
  train: readonly Example[]
  test: readonly Example[]
  tokenizer: BertTokenizer
  labels: readonly string[]
  seed: number
  /** Makes a classifier with random weights. */
  fresh(): Promise<EncoderModel>
  /** Makes one with the pre-trained encoder. */
  pretrained(): Promise<EncoderModel>
  output: string
  onRun(done: number): void
}

/** F1 on the test mails of classifiers that saw few labels, half of each, from random weights and from pre-trained ones. */
export async function fewLabels(options: FewLabelsOptions) {
  const { sizes, train, test, tokenizer, labels, seed, output, onRun } = options
  const order = randomStream(seed, 'few labels').shuffle([...train])
  const results: { size: number; fresh: number; pretrained: number }[] = []
  let done = 0
  for (const size of sizes) {
    const trainExamples = labels.flatMap((label) =>
      order.filter((mail) => mail.label === label).slice(0, size / labels.length),
    )
    const f1 = { fresh: 0, pretrained: 0 }
    for (const start of ['fresh', 'pretrained'] as const) {
      const model = await options[start]()
      const { metrics } = await finetuneClassifier({
        model,
        tokenizer,
        trainExamples,
        evalExamples: test,
        output: join(output, `${size}-${start}`),
        args: {
          epochs: Math.round(1000 / size),
          batchSize: 16,
          learningRate: 5e-4,
          warmupRatio: 0.1,
          weightDecay: 0.01,
          evalStrategy: 'no',
          saveStrategy: 'no',
          seed,
        },
      }).finally(() => model.close())
      f1[start] = metrics.f1.value
      onRun(++done)
    }
    results.push({ size, ...f1 })
  }
  return results
}
