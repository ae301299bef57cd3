import { randomStream } from '../../core/random.ts'
import { bootstrapMetrics } from '../bootstrap.ts'
import { classificationMetrics } from '../metrics.ts'
import type { HistoryRow, RunRecord } from '../run-record.ts'

/** What to vary in {@link sampleRecord}. */
export interface SampleOptions {
  labels: readonly string[]
  /** Training steps, each logged every `loggingSteps`. */
  steps: number
  loggingSteps: number
  evaluations: number
  /** Steps from which on the loss is NaN. */
  nanFrom?: number
}

/** Made-up runs that look like real ones, for tests of the report. */
export function sampleRecord({
  labels,
  steps,
  loggingSteps,
  evaluations,
  nanFrom = Infinity,
}: SampleOptions): RunRecord {
  const random = randomStream(7, 'sample record', labels.length)
  const epochOf = (step: number) => (3 * step) / steps
  const history: HistoryRow[] = []
  for (let step = loggingSteps; step <= steps; step += loggingSteps) {
    const share = step / steps
    history.push({
      step,
      epoch: epochOf(step),
      loss:
        step >= nanFrom
          ? Number.NaN
          : (0.16 + Math.log(labels.length) * Math.exp(-5 * share)) * Math.exp(0.25 * random.normal()),
      learning_rate: 5e-5 * Math.min(share / 0.1, (1 - share) / 0.9),
      grad_norm: step >= nanFrom ? null : (2 + 6 * Math.exp(-4 * share)) * Math.exp(0.4 * random.normal()),
    })
  }
  for (let e = 1; e <= evaluations; e++) {
    const share = e / evaluations
    const accuracy = 0.92 - 0.35 * Math.exp(-4 * share)
    history.push({
      step: Math.round(steps * share),
      epoch: 3 * share,
      eval_loss: 0.24 + 0.4 * Math.exp(-6 * share) + 0.09 * share ** 2,
      eval_accuracy: accuracy,
      eval_f1: accuracy - 0.02 + 0.01 * random.normal(),
      eval_runtime: 12.5,
      eval_samples_per_second: 430,
    })
  }
  const examples = labels.length * 157
  const truth = new Int32Array(examples).map(() => Math.floor(labels.length * random.uniform() ** 1.5))
  const predictions = truth.map((label) => {
    if (random.uniform() < 0.88) return label
    return random.uniform() < 0.6 ? (label + 1) % labels.length : random.integer(labels.length)
  })
  const result = { labels: truth, predictions, numLabels: labels.length }
  const { confusion, perClass } = classificationMetrics(result)
  return {
    title: 'Spam filter on SpamAssassin mails',
    task: 'text-classification',
    finishedAt: '2025-03-04T05:06:07Z',
    model: {
      name: 'prajjwal1/bert-tiny',
      parameters: 4_386_178,
      layers: 2,
      hiddenSize: 128,
      heads: 2,
      vocabSize: 30_522,
      maxLength: 128,
    },
    data: {
      trainExamples: 5240,
      evalExamples: examples,
      trainSource: 'mails.csv',
      evalSource: '10 % split of mails.csv',
      labelCounts: labels.map((label, i) => ({ label, train: 1200 - 23 * i, eval: perClass[i].support })),
    },
    settings: {
      epochs: 3,
      batchSize: 32,
      learningRate: 5e-5,
      lrScheduler: 'linear',
      warmupRatio: 0.1,
      weightDecay: 0.01,
      optimizer: 'adamw',
      maxGradNorm: 1,
      maxLength: 128,
      classWeights: null,
      freeze: [],
      seed: 42,
      loadBestModelAtEnd: true,
    },
    environment: {
      bertsmith: '0.1.0',
      node: '20.19.0',
      'onnxruntime-node': '1.30.0',
      device: 'cpu',
      threads: 8,
      platform: 'linux x64',
    },
    history,
    metrics: {
      ...bootstrapMetrics(result, ['accuracy', 'f1', 'precision', 'recall'], { seed: 1, resamples: 200 }),
      loss: { value: 0.3312 },
    },
    baselines: {
      'Most frequent label': { accuracy: 0.41, f1: 0 },
      'Word counts and logistic regression': { accuracy: 0.862, f1: 0.85, precision: 0.871 },
    },
    confusion: {
      labels,
      counts: labels.map((_, i) => [...confusion.counts.subarray(i * labels.length, (i + 1) * labels.length)]),
    },
    perClass: perClass.map((row, i) => ({ label: labels[i], ...row })),
    wrongExamples: [
      {
        text: '<script>alert("owned")</script> FREE!!! Click <a href="http://spam.example">here</a> \u202e gnp.exe \u0007',
        label: labels[0],
        predicted: labels[1 % labels.length],
        score: 0.9991,
        source: 'mails.csv, row 1733',
      },
      {
        text: 'Dear friend, I am the widow of a late general and need your help to move a large sum. '.repeat(14),
        label: labels[1 % labels.length],
        predicted: labels[0],
        score: 0.987,
        source: 'mails.csv, row 12',
      },
      {
        text: 'A man is playing a guitar on a stage.',
        textPair: 'שלום, זה טקסט מימין לשמאל.',
        label: labels[0],
        predicted: labels[1 % labels.length],
        score: 0.93,
      },
      { text: `${'loooooong'.repeat(200)}`, label: labels[0], predicted: labels[1 % labels.length], score: 0.9 },
      { text: '', label: labels[0], predicted: labels[1 % labels.length] },
    ],
    timing: { seconds: 252.4, tokensPerSecond: 18_230, steps },
    warnings: [
      '212 texts (4.0 %) were cut at 128 tokens.',
      '3 texts are in both the training and the evaluation data.',
    ],
  }
}

/** Runs that a report must survive, by name. */
export const sampleRecords: Readonly<Record<string, () => RunRecord>> = {
  usual: () => sampleRecord({ labels: ['ham', 'spam'], steps: 492, loggingSteps: 4, evaluations: 6 }),
  four: () => ({
    ...sampleRecord({
      labels: ['World', 'Sports', 'Business', 'Sci/Tech'],
      steps: 120,
      loggingSteps: 12,
      evaluations: 3,
    }),
    title: 'News topics',
    warnings: [],
    baselines: {},
  }),
  forty: () =>
    sampleRecord({
      labels: Array.from({ length: 40 }, (_, i) => `intent_${i}${i % 7 === 0 ? '_with_a_rather_long_name' : ''}`),
      steps: 900,
      loggingSteps: 5,
      evaluations: 9,
    }),
  long: () => sampleRecord({ labels: ['ham', 'spam'], steps: 200_000, loggingSteps: 10, evaluations: 200 }),
  nan: () => ({
    ...sampleRecord({ labels: ['ham', 'spam'], steps: 300, loggingSteps: 3, evaluations: 0, nanFrom: 170 }),
    metrics: { accuracy: { value: 0.5 }, f1: { value: 0 }, loss: { value: Number.NaN } },
    warnings: ['The loss became NaN at step 171.'],
  }),
  oneStep: () => ({
    title: 'One step',
    task: 'masked-lm',
    model: { name: 'tiny', parameters: 912 },
    data: { trainExamples: 1 },
    settings: {},
    environment: {},
    history: [
      { step: 1, epoch: 1, loss: 4.57, learning_rate: 1e-4, grad_norm: 1.2 },
      { step: 1, epoch: 1, eval_loss: 4.5, eval_perplexity: 90.02 },
    ],
    metrics: { perplexity: { value: 90.02 } },
    timing: { seconds: 0.41, steps: 1 },
  }),
  empty: () => ({
    title: '',
    task: '',
    model: { name: '', parameters: 0 },
    data: { trainExamples: 0 },
    settings: {},
    environment: {},
    history: [],
    metrics: {},
    timing: { seconds: 0, steps: 0 },
  }),
}
