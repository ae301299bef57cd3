/** Batches of fine-tuning tasks by the formula, as scripts/fixtures/heads.py makes them. */
import { IGNORED_LABEL } from '../src/data/collator.ts'
import type { ModelBatch } from '../src/models/batch-inputs.ts'
import { draw, formulaBatch, formulaIntegers } from './formula.ts'

/** What decides a case's labels. */
export interface TaskSizes {
  lengths: readonly number[]
  vocabSize: number
  /** Number of the config's labels. */
  classes: number
  /** Default one a sequence. */
  texts?: number
}

/** A batch with a task's labels, and the same without, which asks for every token's logits where tokens are labelled. */
export interface TaskBatch {
  batch: ModelBatch
  unlabelled: ModelBatch
}

/** The batch of each task. */
export const taskBatches: Record<string, (sizes: TaskSizes) => TaskBatch> = {
  'token-classification': tokenClassificationBatch,
  'question-answering': questionAnsweringBatch,
  'question-answering-even': questionAnsweringBatch,
  'multi-label': multiLabelBatch,
  regression: regressionBatch,
  'regression-of-one': regressionBatch,
  'next-sentence': (sizes) => labelledBatch(sizes, formulaIntegers('pairs', sizes.lengths.length, 2)),
  'multiple-choice': (sizes) => multipleChoiceBatch(sizes, [2, 2, 2]),
  'multiple-choice-ragged': (sizes) => multipleChoiceBatch(sizes, [1, 3, 2]),
  'weighted-smooth': (sizes) => labelledBatch(sizes, labelsOf(sizes.lengths.length, sizes.classes)),
  'weighted-focal': tokenClassificationBatch,
  'long-texts-mean': inWindows((sizes) => labelledBatch(sizes, labelsOf(windows.length, sizes.classes))),
  'long-texts-max': inWindows((sizes) => multiLabelBatch({ ...sizes, texts: windows.length })),
  'long-texts-attention': inWindows((sizes) => regressionBatch({ ...sizes, texts: windows.length })),
  'long-texts-label': inWindows((sizes) => labelledBatch(sizes, labelsOf(windows.length, sizes.classes))),
}

function sequences({ lengths, vocabSize, classes }: TaskSizes): ModelBatch {
  const { labels: _, ...unlabelled } = formulaBatch(lengths, vocabSize, classes).classification
  return unlabelled
}

/** About two tokens of three have a class. */
function tokenClassificationBatch(sizes: TaskSizes): TaskBatch {
  const unlabelled = sequences(sizes)
  const { size, longest, cellOfToken } = unlabelled
  const [words, classes] = [formulaIntegers('words', size * longest, 3), labelsOf(size * longest, sizes.classes)]
  const labels = Array.from(cellOfToken, (cell) => (words[cell] > 0 ? classes[cell] : IGNORED_LABEL))
  const maskedRows = Int32Array.from(labels.flatMap((label, row) => (label === IGNORED_LABEL ? [] : [row])))
  const batch = { ...unlabelled, maskedRows, labels: Int32Array.from(maskedRows, (row) => labels[row]) }
  return { batch, unlabelled: { ...unlabelled, maskedRows: Int32Array.from(labels.keys()) } }
}

function questionAnsweringBatch(sizes: TaskSizes): TaskBatch {
  const unlabelled = sequences(sizes)
  const places = (name: string) => Int32Array.from(sizes.lengths, (length, b) => Math.floor(fraction(name)(b) * length))
  return { batch: { ...unlabelled, startLabels: places('starts'), endLabels: places('ends') }, unlabelled }
}

function labelledBatch(sizes: TaskSizes, labels: Int32Array): TaskBatch {
  const unlabelled = sequences(sizes)
  return { batch: { ...unlabelled, labels }, unlabelled }
}

function targetBatch(sizes: TaskSizes, targets: (count: number) => Float32Array): TaskBatch {
  const unlabelled = sequences(sizes)
  return { batch: { ...unlabelled, targets: targets((sizes.texts ?? unlabelled.size) * sizes.classes) }, unlabelled }
}

function multiLabelBatch(sizes: TaskSizes): TaskBatch {
  return targetBatch(sizes, (count) => Float32Array.from(formulaIntegers('targets', count, 2)))
}

/** Numbers from -2 to 2. */
function regressionBatch(sizes: TaskSizes): TaskBatch {
  const at = fraction('targets')
  return targetBatch(sizes, (count) => Float32Array.from({ length: count }, (_, i) => (at(i) - 0.5) * 4))
}

function multipleChoiceBatch(sizes: TaskSizes, counts: readonly number[]): TaskBatch {
  const unlabelled = { ...sequences(sizes), choices: Int32Array.from(counts) }
  const at = fraction('chosen')
  return {
    batch: { ...unlabelled, labels: Int32Array.from(counts, (count, e) => Math.floor(at(e) * count)) },
    unlabelled,
  }
}

/** Windows of each text. */
const windows = Int32Array.of(1, 3, 2)

function inWindows(make: (sizes: TaskSizes) => TaskBatch): (sizes: TaskSizes) => TaskBatch {
  return (sizes) => {
    const { batch, unlabelled } = make(sizes)
    return { batch: { ...batch, windows }, unlabelled: { ...unlabelled, windows } }
  }
}

const labelsOf = (count: number, classes: number): Int32Array => formulaIntegers('labels', count, classes)

/** In [0, 1). */
function fraction(name: string): (index: number) => number {
  const bits = draw(name)
  return (index) => bits(index) / 2 ** 32
}
