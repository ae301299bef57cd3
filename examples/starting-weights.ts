/** Compares the weights that a model starts from: fine-tunes from each with the same labels and seeds, and measures accuracy. */
import { join } from 'node:path'
import { createProgress } from '../src/cli/progress.ts'
import { randomStream } from '../src/core/random.ts'
import { encodeClassification } from '../src/data/encode-examples.ts'
import type { Example } from '../src/data/example.ts'
import type { EncoderModel } from '../src/models/model.ts'
import type { BertTokenizer } from '../src/tokenizers/index.ts'
import { finetuneClassifier } from '../src/training/node/finetune.ts'
import { predictClassification } from '../src/training/tasks/text-classification.ts'
import type { TrainingArguments } from '../src/training/training-arguments.ts'
import { deviation, mean, pairedTest } from './paired-test.ts'

/** Weights to start from. */
export interface StartingWeights {
  name: string
  tokenizer: BertTokenizer
  /** A classifier with a new head. */
  makeModel(seed: number): Promise<EncoderModel>
  learningRate: number
  /** Layers from the top that begin anew, see `TrainingArguments`; default 0. */
  reinitializeLayers?: number
}

export interface ComparisonOptions {
  starts: readonly StartingWeights[]
  labels: readonly string[]
  /** The labelled texts of a seed. */
  trainExamples(seed: number): readonly Example[]
  /** The best epoch on these is kept, unless `args` says otherwise. */
  dev: readonly Example[]
  test: readonly Example[]
  seeds: number
  args: Partial<TrainingArguments>
  /** Folder for the runs. */
  output: string
  /** What the progress bar says. */
  label: string
}

/** Accuracies on the test texts, one a seed, by the name of the starting weights. */
export async function compareStarts(options: ComparisonOptions): Promise<Record<string, number[]>> {
  const { starts, labels, dev, test, seeds, args, output, label } = options
  const results: Record<string, number[]> = Object.fromEntries(starts.map(({ name }) => [name, []]))
  const progress = createProgress({ label, unit: 'runs', total: seeds * starts.length })
  let done = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const trainExamples = options.trainExamples(seed)
    for (const { name, tokenizer, makeModel, learningRate, reinitializeLayers = 0 } of starts) {
      const model = await makeModel(seed)
      await finetuneClassifier({
        model,
        tokenizer,
        trainExamples,
        evalExamples: dev,
        output: join(output, `${name.replaceAll(' ', '-')}-${seed}`),
        overwrite: true,
        args: {
          learningRate,
          reinitializeLayers,
          warmupRatio: 0.1,
          weightDecay: 0.01,
          groupByLength: true,
          loadBestModelAtEnd: true,
          metricForBestModel: 'accuracy',
          saveTotalLimit: 1,
          seed,
          ...args,
        },
      })
      const items = encodeClassification(test, tokenizer, { labels, maxLength: model.config.maxPositionEmbeddings })
      const { predictions, labels: truth } = await predictClassification(model, items)
      await model.close()
      results[name].push(mean([...predictions].map((prediction, i) => Number(prediction === truth[i]))))
      progress.update(++done)
    }
  }
  progress.finish()
  return results
}

/** A line for each of the starting weights: mean, spread, and gain over the first. */
export function formatComparison(title: string, results: Record<string, number[]>): string {
  const [[, reference], ...others] = Object.entries(results)
  const percent = (of: number[]) => `${(100 * mean(of)).toFixed(1)} (${(100 * deviation(of)).toFixed(1)})`
  const lines = [`${Object.keys(results)[0].padEnd(24)} ${percent(reference)}`]
  for (const [name, accuracies] of others) {
    const gain = 100 * (mean(accuracies) - mean(reference))
    const test = `p = ${pairedTest(accuracies, reference).toFixed(3)}`
    lines.push(`${name.padEnd(24)} ${percent(accuracies)}  gain ${gain.toFixed(1)} points, ${test}`)
  }
  return [title, ...lines.map((line) => `  ${line}`), ''].join('\n')
}

/** `perLabel` examples of each label. */
export function sampleLabels(examples: readonly Example[], labels: readonly string[], perLabel: number, seed: number) {
  const order = randomStream(seed, 'few labels').shuffle([...examples])
  return labels.flatMap((label) => order.filter((example) => example.label === label).slice(0, perLabel))
}
