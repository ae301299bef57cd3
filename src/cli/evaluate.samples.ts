/** Models and data for tests of `evaluate`. */
import { beforeAll, expect } from 'vitest'
import { labelledCsv, makeBase, makeModelFolder, runHere, testFolder } from './program.samples.ts'

/** Six examples of each task but text classification, for models that are not trained. */
export const tasks: Record<string, { head: string; file: string; rows: object[]; model?: object }> = {
  regression: {
    head: 'sequence-classification',
    file: 'regression.jsonl',
    rows: [1, 0.5, 2, 1.5, 3, 0].map((label, i) => ({ text: `good film ${'bad '.repeat(i)}`, label: String(label) })),
    model: { problemType: 'regression', labels: ['LABEL_0'] },
  },
  'multi-label-classification': {
    head: 'sequence-classification',
    file: 'moods.jsonl',
    rows: ['warm', 'dark', 'warm', 'dark', 'warm', 'dark'].map((label, i) => ({
      text: `film ${'dull '.repeat(i + 1)}`,
      label: [label],
    })),
    model: { problemType: 'multi_label_classification', labels: ['dark', 'warm'] },
  },
  'next-sentence': {
    head: 'next-sentence',
    file: 'pairs.jsonl',
    rows: [0, 1, 0, 1, 1, 0].map((label, i) => ({
      text: 'good film',
      text_pair: 'bad '.repeat(i + 1),
      label: String(label),
    })),
  },
  'multiple-choice': {
    head: 'multiple-choice',
    file: 'choices.jsonl',
    rows: [0, 1, 0, 1, 1, 0].map((label, i) => ({
      question: 'film',
      choices: ['good '.repeat(i + 1), 'bad dull'],
      label,
    })),
  },
  'token-classification': {
    head: 'token-classification',
    file: 'tags.jsonl',
    rows: Array.from({ length: 6 }, (_, i) => ({
      tokens: ['good', 'film', ...Array(i).fill('bad')],
      tags: ['O', i % 2 === 0 ? 'B-work' : 'O', ...Array(i).fill('O')],
    })),
    model: { labels: ['O', 'B-work', 'I-work'] },
  },
  'masked-lm': {
    head: 'masked-lm',
    file: 'texts.jsonl',
    rows: Array.from({ length: 6 }, (_, i) => ({ text: `good film ${'bad '.repeat(i + 4)}` })),
  },
  'question-answering': {
    head: 'question-answering',
    file: 'questions.jsonl',
    rows: Array.from({ length: 6 }, (_, i) => ({
      id: `q${i}`,
      question: 'film',
      context: `${'good '.repeat(i)}film bad`,
      answers: [{ text: 'film', answer_start: 5 * i }],
    })),
  },
}

/** JSON Lines. */
export const jsonl = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

/**
 * What the tests of `evaluate` in one file share: `model`, a trained text classifier of hidden size 12, `random`, an untrained one,
 * and the data test.csv, of which some labels are wrong, and clean.csv. Removed after the tests.
 * @param others tasks that an untrained model and data are needed of, under their names
 */
export function prepareEvaluation(others: readonly string[]) {
  const { folder, at, write } = testFolder()

  beforeAll(async () => {
    await makeBase(folder)
    const labels = { labels: ['negative', 'positive'] }
    await makeModelFolder(at('random'), at('tok'), 'sequence-classification', labels)
    for (const task of others) {
      const { head, file, rows, model } = tasks[task]
      await makeModelFolder(at(task), at('tok'), head, model)
      await write(file, jsonl(rows))
    }
    await write('train.csv', labelledCsv(80, 1))
    const [header, ...lines] = labelledCsv(60, 2).trim().split('\n')
    // Every eighth label is wrong, so that there is something to be too sure of.
    const noisy = lines.map((line, i) =>
      i % 8 < 6 ? line : i % 2 === 0 ? `${line.split(',pos')[0]},negative` : `${line.split(',neg')[0]},positive`,
    )
    await write('clean.csv', `${[header, ...lines].join('\n')}\n`)
    await write(
      'test.csv',
      `${header},source\n${noisy.map((line, i) => `${line},${['mail', '', 'news'][i % 3]}\n`).join('')}`,
    )
    const finetune = ['finetune', '--task', 'text-classification', '--model', at('base'), '--train', at('train.csv')]
    const settings = [
      '--epochs',
      '12',
      '--batch-size',
      '16',
      '--learning-rate',
      '0.02',
      '--no-dropout',
      '--threads',
      '1',
      '--no-doctor',
    ]
    const told = ['--language', 'en', 'de', '--license', 'mit', '--base-model', 'somebody/base']
    const { status, stderr } = await runHere([...finetune, ...settings, '--output', at('model'), ...told])
    expect(status, stderr).toBe(0)
  }, 180_000)

  const command = (model: string, file: string, ...more: string[]) => [
    ...['evaluate', '--model', at(model), '--data', at(file), '--threads', '1'],
    ...more,
  ]

  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON a command prints
  async function evaluate(...args: Parameters<typeof command>): Promise<any> {
    const { status, stdout, stderr } = await runHere([...command(...args), '--json'])
    expect(status, stderr + stdout).toBe(0)
    expect(stdout.trim().split('\n')).toHaveLength(1)
    return JSON.parse(stdout)
  }

  async function refused(...args: Parameters<typeof command>): Promise<{ code: string; message: string }> {
    const { status, stdout, stderr } = await runHere([...command(...args), '--json'])
    expect(status, stderr + stdout).toBe(2)
    return JSON.parse(stdout).error
  }

  return { at, write, command, evaluate, refused }
}
