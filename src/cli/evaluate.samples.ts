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
