import { describe, expect, test } from 'vitest'
import { findTask } from '../../src/cli/tasks/registry.ts'
import { collateSequences } from '../../src/data/collator.ts'
import { bert } from '../../src/models/bert.ts'
import { bertConfig } from '../../src/models/bert-config.ts'
import type { EncoderModel } from '../../src/models/model.ts'
import { findHead } from '../../src/models/registry.ts'
import { BertTokenizer } from '../../src/tokenizers/bert-tokenizer.ts'
import { trainingArguments } from '../../src/training/training-arguments.ts'
import { TrainingSteps } from '../../src/training/training-steps.ts'
import { mean, standardError } from '../statistics.ts'
import { type DataSetName, dataSetNames, dataSets } from './data-sets.ts'
import { drawExamples, featureOf, planSteps, trainingSettings } from './prepare.ts'
import { rowsOf } from './protocol.ts'
import { joinSettings, type RunResult, type RunSettings, resultRows } from './results.ts'
import { recordedModel, scoreLogits } from './score.ts'

describe('steps', () => {
  const lengths = [5, 3, 7, 4, 6, 3, 9, 2, 4, 8, 5]

  test('are those that a Trainer takes', async () => {
    const taken: number[][] = []
    const args = trainingArguments({ batchSize: 3, epochs: 2, seed: 5, dataloaderDropLast: true }, { hasEval: false })
    const maker = {
      length: (index: number) => lengths[index],
      collate(items: readonly number[]) {
        taken.push([...items])
        return collateSequences(items.map(() => ({ ids: Int32Array.of(1), typeIds: Int32Array.of(0) })))
      },
    }
    const steps = new TrainingSteps([{ items: [...lengths.keys()], share: 1 }], maker, args)
    for await (const _ of steps.between(0, steps.total));
    expect(planSteps(lengths, { batchSize: 3, epochs: 2 }, 5)).toEqual(taken)
    expect(taken).toHaveLength(2 * 3)
  })

  test('are full, have each example once an epoch, and differ by seed and epoch', () => {
    const plan = planSteps(lengths, { batchSize: 4, epochs: 2 }, 1)
    expect(plan.map((step) => step.length)).toEqual([4, 4, 4, 4])
    for (const epoch of [plan.slice(0, 2), plan.slice(2)]) expect(new Set(epoch.flat()).size).toBe(8)
    expect(plan.slice(0, 2)).not.toEqual(plan.slice(2))
    expect(planSteps(lengths, { batchSize: 4, epochs: 2 }, 2)).not.toEqual(plan)
  })

  test('warm up over a tenth of the run', () => {
    const settings = { ...dataSets.sst2.settings, batchSize: 7, learningRate: 0.5 }
    expect(trainingSettings(settings, 41, 3, false)).toEqual({
      batchSize: 7,
      learningRate: 0.5,
      warmupSteps: 5,
      weightDecay: 0.01,
      maxGradNorm: 1,
      dropout: false,
      seed: 3,
    })
  })
})

test('examples that are drawn are the same each time, in their own order', () => {
  const drawn = drawExamples([...Array(50).keys()], 11)
  expect(drawn).toHaveLength(11)
  expect(drawn).toEqual([...drawn].sort((a, b) => a - b))
  expect(drawExamples([...Array(50).keys()], 11)).toEqual(drawn)
  expect(drawExamples(['a', 'b', 'c'], 9)).toEqual(['a', 'b', 'c'])
})

test.each(dataSetNames)('%s: its task knows its metrics', (name) => {
  const { task, read, metrics } = dataSets[name]
  const { findMetric } = findTask(task).create(read)
  expect(metrics.map(findMetric)).toEqual(metrics)
})

test('features have the names and places of transformers', () => {
  const [ids, typeIds] = [Int32Array.of(2, 9, 8, 3), new Int32Array(4)]
  const inputs = { input_ids: [2, 9, 8, 3], token_type_ids: [0, 0, 0, 0] }
  const features = [
    featureOf({ ids, typeIds, labelId: 0 }),
    featureOf({ ids, typeIds, targets: Float32Array.of(2.5) }),
    featureOf({ ids, typeIds, labels: Int32Array.of(-100, 4, 0, -100) }),
    featureOf({ ids, typeIds, startLabel: 0, endLabel: 2 }),
  ]
  expect(features).toEqual([
    { ...inputs, labels: 0 },
    { ...inputs, labels: 2.5 },
    { ...inputs, labels: [-100, 4, 0, -100] },
    { ...inputs, start_positions: 0, end_positions: 2 },
  ])
  expect(features.map(rowsOf)).toEqual([1, 1, 2, 4])
})

describe('logits of either side are judged by the library', () => {
  const vocab = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'in', 'rome', 'ada', 'lived', 'where', '##s']
  const tokenizer = new BertTokenizer({ vocab, maxLength: 16 })
  const source = { file: 'test', row: 1 }

  test('tags', async () => {
    const commandTask = findTask('token-classification')
    const labels = ['O', 'B-LOC', 'B-PER', 'I-PER']
    const examples = [
      { words: ['ada', 'lived', 'in', 'romes'], tags: ['B-PER', 'O', 'O', 'B-LOC'], source },
      { words: ['rome'], tags: ['B-LOC'], source },
    ]
    const config = bertConfig({ labels })
    const definition = { architecture: bert, config, head: findHead(commandTask.head, 'bert') }
    const task = commandTask.create({})
    const { items } = task.encode(examples, { model: { config } as unknown as EncoderModel, tokenizer, maxLength: 16 })
    const features = { train: [], eval: items.map(featureOf) }
    // Right but for the place of the first sentence.
    const said = [2, 0, 0, 0, 1]
    const logits = Float32Array.from(said.flatMap((label) => labels.map((_, id) => (id === label ? 5 : 0))))
    const prepared = { definition, evalItems: items, features }
    const scores = await scoreLogits({ task }, prepared, logits, ['precision', 'recall', 'accuracy'])
    expect(scores).toMatchObject({ precision: 1, recall: 2 / 3, accuracy: 4 / 5 })
    expect(() => recordedModel(prepared, logits.subarray(1))).toThrow('19 logits, expected 20')
  })

  test('answers', async () => {
    const commandTask = findTask('question-answering')
    const example = {
      id: 'q',
      question: 'where lived ada',
      context: 'ada lived in rome',
      answers: [{ text: 'rome', start: 13 }],
      isImpossible: false,
      source,
    }
    const config = bertConfig({})
    const definition = { architecture: bert, config, head: findHead(commandTask.head, 'bert') }
    const task = commandTask.create({})
    const { items } = task.encode([example], { model: { config } as unknown as EncoderModel, tokenizer, maxLength: 16 })
    const features = { train: [], eval: items.map(featureOf) }
    // [CLS] where lived ada [SEP] ada lived in rome [SEP]: from "in" to "rome".
    const logits = Float32Array.from(Array.from({ length: 10 }, (_, t) => [t === 7 ? 9 : 0, t === 8 ? 9 : 0]).flat())
    const scores = await scoreLogits({ task }, { definition, evalItems: items, features }, logits, ['f1', 'exact'])
    expect(scores.exact).toBe(0)
    expect(scores.f1).toBeCloseTo(2 / 3, 12)
  })
})

test('the standard error is that of SciPy', () => {
  // scipy.stats.sem([0.81, 0.79, 0.83, 0.8, 0.84]) = 0.009273618495495687
  const values = [0.81, 0.79, 0.83, 0.8, 0.84]
  expect(mean(values)).toBeCloseTo(0.814, 12)
  expect(standardError(values)).toBeCloseTo(0.009273618495495687, 12)
  expect(standardError([1])).toBeNaN()
})

describe('results', () => {
  const settings: RunSettings = {
    weights: 'abc',
    threads: 2,
    dropout: true,
    sets: { sst2: dataSets.sst2.settings },
  }
  const run = (seed: number, side: RunResult['side'], seconds: number, accuracy: number): RunResult => ({
    set: 'sst2',
    seed,
    side,
    seconds,
    metrics: { accuracy, loss: 1 },
    trainItems: 77,
    evalItems: 11,
    steps: 5,
    threads: 2,
    versions: {},
    loadAverage: 0,
  })

  test('means, standard errors and ratios are of the seeds that both sides have run', () => {
    const runs = [
      run(1, 'bertsmith', 2, 0.8),
      run(1, 'transformers', 6, 0.7),
      run(2, 'transformers', 10, 0.8),
      run(2, 'bertsmith', 4, 0.9),
      run(3, 'bertsmith', 9, 0.1),
    ]
    const [row, ...others] = resultRows({ runs, settings })
    expect(others).toEqual([])
    const { epochs } = dataSets.sst2.settings
    const figures = ['0.8500 (0.0500)', '0.7500 (0.0500)', '0.1000', '2.00', '1.41', '3.0 / 8.0', '2.75 (2.50 to 3.00)']
    expect(row).toEqual(['SST-2', '77', `${epochs}`, '2', 'accuracy', ...figures])
  })

  test('of other settings are not mixed', () => {
    const other = { ...settings, dropout: false }
    expect(() => joinSettings(settings, other)).toThrow('dropout')
    const shorter: RunSettings = { ...settings, sets: { sst2: { ...dataSets.sst2.settings, examples: 5 } } }
    expect(() => joinSettings(settings, shorter)).toThrow('sst2')
    const more: RunSettings = { ...settings, sets: { xquad: dataSets.xquad.settings } }
    const names = Object.keys(joinSettings(settings, more).sets) as DataSetName[]
    expect(names).toEqual(['sst2', 'xquad'])
  })
})
