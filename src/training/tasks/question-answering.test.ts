import { describe, expect, test } from 'vitest'
import { createModel } from '../../checkpoints/node.ts'
import {
  type AnswerWindow,
  collateQuestions,
  encodeQuestions,
  type QuestionExample,
} from '../../data/question-answering/index.ts'
import { bertConfig } from '../../models/bert-config.ts'
import type { EncoderModel } from '../../models/model.ts'
import { BertTokenizer } from '../../tokenizers/index.ts'
import { fakeAnswerModel } from './answer-model.samples.ts'
import { predictAnswers } from './predict-answers.ts'
import { questionAnswering, questionAnsweringTask, squadResult } from './question-answering.ts'

const words = ['who', 'wolf', 'bear', 'oak', 'river', 'mill', 'crow']
const tokenizer = new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words] })
const idOf = (word: string) => tokenizer.tokenToId(word)!

function exampleOf(context: string, ...answers: string[]): QuestionExample {
  return {
    id: context,
    question: 'who',
    context,
    answers: answers.map((text) => ({ text, start: context.indexOf(text) })),
    isImpossible: answers.length === 0,
    source: { file: 'dev.json', row: 1, path: `data[0].paragraphs[0].qas[${context.length}]` },
  }
}

/** Answers with rivers, or with what is between a wolf and a bear; "no answer" has the score 4. */
const model = fakeAnswerModel((id) => {
  if (id === idOf('river')) return [4, 4]
  return [
    id === idOf('wolf') ? 3 : id === tokenizer.clsId ? 2 : 0,
    id === idOf('bear') ? 3 : id === tokenizer.clsId ? 2 : 0,
  ]
})

const examples = [
  exampleOf('crow wolf oak bear crow', 'wolf oak bear', 'oak'),
  exampleOf('crow mill oak crow oak crow oak mill river crow', 'mill river'),
  exampleOf('mill oak crow'),
  exampleOf('crow oak river'),
]
const { windows } = encodeQuestions(examples, tokenizer, { maxLength: 8, stride: 1 })

describe('predictAnswers', () => {
  test('answers each question from all of its windows, whatever the batches', async () => {
    const { questions, loss, ...settings } = await predictAnswers(model, windows)
    expect(settings).toEqual({ allowNoAnswer: true, nullScoreDiffThreshold: 0 })
    expect(questions.map(({ example }) => example)).toEqual(examples)
    expect(questions.map(({ answer, windows }) => [answer.text, windows])).toEqual([
      ['wolf oak bear', 2],
      ['river', 3],
      ['', 1],
      ['river', 1],
    ])
    expect(questions.map(({ nullScoreDiff }) => nullScoreDiff)).toEqual([-2, -4, 4, -4])
    for (const batchSize of [1, 2, 3]) {
      const again = await predictAnswers(model, windows, { batchSize })
      expect(again.questions).toEqual(questions)
      expect(again.loss).toBe(loss)
    }
    // A wolf and a bear that are not in one window do not make an answer.
    const narrow = encodeQuestions(examples, tokenizer, { maxLength: 6, stride: 1 }).windows
    const answers = (await predictAnswers(model, narrow)).questions.map(({ answer }) => answer.text)
    expect(answers).toEqual(['', 'river', '', 'river'])
    const bold = (await predictAnswers(model, windows, { nullScoreDiffThreshold: 4 })).questions
    expect(bold.map(({ answer }) => answer.text !== '')).toEqual([true, true, true, true])
  })

  test('the loss is the mean over windows of the cross-entropies of both labels', async () => {
    const own = windows.slice(2, 3)
    const { loss, questions } = await predictAnswers(model, own, { allowNoAnswer: true })
    const { ids, startLabel, endLabel } = own[0]
    const logits = Array.from(ids, (id) => (id === tokenizer.clsId ? 2 : 0))
    const sum = logits.reduce<number>((total, logit) => total + Math.exp(logit), 0)
    expect([startLabel, endLabel]).toEqual([0, 0])
    expect(loss).toBeCloseTo(Math.log(sum) - 2, 12)
    expect(questions[0].lossSum).toBe(loss)
    const all = await Promise.all(windows.map((window) => predictAnswers(model, [window])))
    const mean = all.reduce((total, each) => total + each.loss, 0) / windows.length
    expect((await predictAnswers(model, windows)).loss).toBeCloseTo(mean, 12)
  })

  test('the loss is that of training', async () => {
    const config = bertConfig({
      vocabSize: tokenizer.vocabSize,
      hiddenSize: 12,
      numHiddenLayers: 1,
      numAttentionHeads: 3,
      intermediateSize: 17,
      maxPositionEmbeddings: 9,
      initializerRange: 0.5,
    })
    const real = await createModel('question-answering', 'bert', config, { threads: 1 })
    const { loss } = await real.forward(collateQuestions(windows), { loss: true })
    expect((await predictAnswers(real, windows)).loss).toBeCloseTo(loss!, 5) // float32
    await real.close()
  })

  test('"no answer" is allowed by default if a question is known to have none', async () => {
    const some = windows.filter(({ example }) => !example.isImpossible)
    const { questions, allowNoAnswer } = await predictAnswers(model, some)
    expect(allowNoAnswer).toBe(false)
    expect(questions.map(({ answer, nullScoreDiff }) => [answer.text, nullScoreDiff])).toEqual([
      ['wolf oak bear', undefined],
      ['river', undefined],
    ])
  })

  test('progress and abort', async () => {
    const done: number[] = []
    await predictAnswers(model, windows, { batchSize: 3, onProgress: (count) => done.push(count) })
    expect(done).toEqual([3, 6, 7])
    await expect(predictAnswers(model, windows, { signal: AbortSignal.abort() })).rejects.toThrow('abort')
  })

  test('a model without start and end logits', async () => {
    const other = {
      forward: async () => ({ logits: { dtype: 'float32' as const, data: new Float32Array(14), dims: [7, 2] } }),
    }
    await expect(predictAnswers(other, windows)).rejects.toThrow(
      expect.objectContaining({
        code: 'NO_ANSWER_LOGITS',
        message: expect.stringMatching(/^the model gives logits of \[7, 2\] for \d+ tokens: expected \[\d+, 2\]/),
      }),
    )
    await expect(predictAnswers({ forward: async () => ({}) }, windows)).rejects.toThrow(
      'the model gives no logits for',
    )
  })
})

describe('the task', () => {
  const encoder = model as unknown as EncoderModel
  const context = { model: encoder, tokenizer, maxLength: 8 }
  const task = questionAnsweringTask({ stride: 1, nullScoreDiffThreshold: -3 })

  test('encodes, collates, predicts and measures', async () => {
    const { items, truncated } = task.encode(examples, context)
    expect(truncated).toBe(0)
    expect(items.map(({ ids, window }) => [ids, window])).toEqual(windows.map(({ ids, window }) => [ids, window]))
    expect(items.map((item) => [...Array.from(task.targets(item)), task.length(item)])).toEqual([
      [3 + 1, 3 + 3, 8],
      [0, 0, 6],
      [0, 0, 8],
      [0, 0, 8],
      [4, 5, 8],
      [0, 0, 7],
      [0, 0, 7],
    ])
    const batch = task.collate(items.slice(0, 2), {} as never) as unknown as { startLabels: Int32Array }
    expect([...batch.startLabels]).toEqual([4, 0])

    const predictions = await task.predict(encoder, items)
    expect(squadResult(predictions)).toEqual({
      answers: [['wolf oak bear', 'oak'], ['mill river'], [], []],
      predictions: ['wolf oak bear', 'river', expect.any(String), 'river'],
      noAnswerScores: [-2, -4, 4, -4],
      noAnswerThreshold: -3,
    })
    const names = ['f1', 'exact', 'NoAns_f1', 'HasAns_f1']
    const expected = { f1: (2 / 3 + 1) / 4, exact: 1 / 4, NoAns_f1: 1 / 2, HasAns_f1: 1 / 3 }
    const values = task.metrics(predictions, names)
    for (const [name, value] of Object.entries(expected)) expect(values[name], name).toBeCloseTo(value, 14)
    expect(await task.evaluate(encoder, items, { batchSize: 2 })).toEqual({
      loss: predictions.loss,
      f1: values.f1,
      exact: values.exact,
    })
    const intervals = task.intervals(predictions, names, 3)
    expect(Object.keys(intervals)).toEqual([...names, 'loss'])
    expect(intervals.loss.value).toBe(predictions.loss)
    expect(intervals.f1.low).toBeLessThan(intervals.f1.high)
    expect(task.details(encoder, predictions)).toMatchObject({
      questions: 4,
      windows: 7,
      nullScoreDiffThreshold: -3,
      hasAnswer: { total: 2 },
      noAnswer: { exact: 0.5 },
      bestExact: { value: 0.5, threshold: 0 },
    })
    const data = { trainExamples: examples.slice(1), evalExamples: examples }
    const { labelCounts, wrongExamples } = task.report(encoder, data, predictions)
    expect(labelCounts).toEqual([
      { label: 'answer', train: 1, eval: 2 },
      { label: 'no answer', train: 2, eval: 2 },
    ])
    expect(wrongExamples?.map(({ label, predicted }) => [label, predicted]).sort()).toEqual([
      ['(no answer)', 'river'],
      ['mill river', 'river'],
      ['wolf oak bear / oak', '(no answer)'],
    ])
    expect(wrongExamples?.find(({ label }) => label === '(no answer)')).toMatchObject({
      text: 'who',
      textPair: 'crow oak river',
      source: 'dev.json: data[0].paragraphs[0].qas[14]',
      marks: [{ start: 9, end: 14, side: 'guess' }],
    })
  })

  test('without impossible questions nothing is said of them', async () => {
    const own = examples.slice(0, 2)
    const predictions = await questionAnswering.predict(encoder, questionAnswering.encode(own, context).items)
    expect(questionAnswering.details(encoder, predictions)).toEqual({ questions: 2, windows: expect.any(Number) })
    const report = questionAnswering.report(encoder, { trainExamples: own, evalExamples: [] }, undefined)
    expect(report).toEqual({ wrongExamples: undefined })
  })

  test('questions of which nothing is known are refused, and left out of metrics', async () => {
    const unknown = { ...exampleOf('crow mill'), isImpossible: false }
    expect(() => task.check({ config: { labels: [] } }, [examples[0], unknown])).toThrow(
      expect.objectContaining({
        code: 'MISSING_ANSWERS',
        message: expect.stringMatching(/^dev\.json: data\[0\]\.paragraphs\[0\]\.qas\[9\]: there are no answers/),
      }),
    )
    task.check({ config: { labels: [] } }, examples)
    const items: AnswerWindow[] = task.encode([examples[1], unknown], context).items
    expect(squadResult(await task.predict(encoder, items)).answers).toEqual([['mill river']])
  })
})
