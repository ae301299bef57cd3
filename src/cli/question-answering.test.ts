import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomStream } from '../core/random.ts'
import { pipeline } from '../pipelines/node.ts'
import { makeModelFolder, runHere, temporaryDirectory } from './program.samples.ts'

let folder: string
const at = (name: string) => join(folder, name)

const people = ['ada', 'bob', 'eve', 'ian']
const places = ['rome', 'oslo', 'bonn', 'lima']

interface Paragraph {
  context: string
  qas: { id: string; question: string; answers: { text: string; answer_start: number }[]; is_impossible?: boolean }[]
}

/** Paragraphs such as "ada saw rome . bob saw oslo ." with a question about each; a third of them ask about somebody else, too. */
function paragraphs(count: number, seed: number, withImpossible: boolean): Paragraph[] {
  const random = randomStream(seed, 'paragraphs')
  return Array.from({ length: count }, (_, i) => {
    const [one, two, other] = random.shuffle([...people])
    const [first, second] = random.shuffle([...places])
    const context = `${one} saw ${first} . ${two} saw ${second} .`
    const ask = (who: string, text: string) => ({
      id: `${seed}-${i}-${who}`,
      question: `what saw ${who}`,
      answers: [{ text, answer_start: context.indexOf(text) }],
    })
    const impossible = { ...ask(other, one), answers: [], is_impossible: true }
    return {
      context,
      qas: [
        ask(one, first),
        ask(two, second),
        ...(withImpossible && (i + Math.floor(i / 6)) % 3 === 0 ? [impossible] : []),
      ],
    }
  })
}

const squad = (list: readonly Paragraph[], articles = 6) =>
  JSON.stringify({
    data: Array.from({ length: articles }, (_, a) => ({
      title: `article ${a}`,
      paragraphs: list.filter((_, i) => i % articles === a),
    })),
  })

const rows = (list: readonly Paragraph[]) =>
  list.flatMap(({ context, qas }) => qas.map((qa) => `${JSON.stringify({ context, ...qa })}\n`)).join('')

beforeAll(async () => {
  folder = await temporaryDirectory()
  await mkdir(at('tok'))
  const words = [...people, ...places, 'what', 'saw', '.']
  await writeFile(at('tok/vocab.txt'), ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words, ''].join('\n'))
  await makeModelFolder(at('base'), at('tok'))
  await writeFile(at('train.json'), squad(paragraphs(36, 1, true)))
  await writeFile(at('test.jsonl'), rows(paragraphs(6, 2, true)))
  await writeFile(at('answered.json'), squad(paragraphs(6, 3, false)))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const train = (output: string, ...more: string[]) => [
  ...['finetune', '--task', 'question-answering', '--model', at('base'), '--train', at('train.json')],
  ...['--eval-split', '0.2', '--epochs', '3', '--batch-size', '8', '--learning-rate', '1e-2', '--threads', '1'],
  ...['--save-strategy', 'steps', '--save-steps', '10', '--save-total-limit', '0', '--output', at(output), ...more],
]

async function json(args: string[]) {
  const { status, stdout, stderr } = await runHere([...args, '--json'])
  expect(status, stdout + stderr).toBe(0)
  return { result: JSON.parse(stdout), stderr }
}

describe('finetune, evaluate, predict and pipeline, one after the other', () => {
  test('finetune holds whole articles out, and the folder says how well it answers', async () => {
    const { result, stderr } = await json(train('qa'))
    expect(Object.keys(result.metrics)).toEqual(['f1', 'exact', 'loss'])
    // 84 questions of 6 articles of 14 each: one of them, with 3 questions about a context that another article has too.
    expect(stderr).toContain('67 training and 17 evaluation examples')
    const metrics = JSON.parse(await readFile(at('qa/metrics.json'), 'utf8'))
    expect(metrics).toMatchObject({ task: 'question-answering', questions: 17, hasAnswer: { total: 14 } })
    const report = await readFile(at('qa/report.html'), 'utf8')
    expect(report).toContain('0.2 of ')
    expect(report).toContain('no answer')
  })

  test('a run that ended in between is resumed to the same weights', async () => {
    await mkdir(at('again'))
    await cp(at('qa/checkpoint-10'), at('again/checkpoint-10'), { recursive: true })
    const { stderr } = await json(train('again', '--resume'))
    expect(stderr).toContain('going on from')
    expect(await readFile(at('again/model.safetensors'))).toEqual(await readFile(at('qa/model.safetensors')))
  })

  test('evaluate has intervals, and tables with and without answers', async () => {
    const args = ['evaluate', '--model', at('qa'), '--data', at('test.jsonl'), '--threads', '1']
    const { result } = await json([...args, '--metrics', 'exact', 'HasAns_f1', 'NoAns_exact'])
    expect(result.examples).toBe(14)
    expect(Object.keys(result.metrics)).toEqual(['exact', 'HasAns_f1', 'NoAns_exact', 'loss'])
    const { stdout } = await runHere(args)
    expect(stdout).toMatch(/answers +exact +f1 +questions\n +all .* 14\n +has answer .* 12\n +no answer .* 2\n/)
    expect(stdout).toMatch(/best f1 \d\.\d{4} with --null-threshold /)
    const never = await json([...args, '--no-allow-no-answer', '--metrics', 'NoAns_exact'])
    expect(never.result.metrics.NoAns_exact.value).toBe(0)
    const always = await json([...args, '--null-threshold', '-1000', '--metrics', 'NoAns_exact', 'HasAns_exact'])
    expect(always.result.metrics).toMatchObject({ NoAns_exact: { value: 1 }, HasAns_exact: { value: 0 } })
  })

  test('predict answers what the pipeline answers, with places in the context', async () => {
    const answer = await pipeline('question-answering', at('qa'), { threads: 1 })
    const asked = { question: 'what saw ada', context: 'Ada saw Rome . eve saw oslo .' }
    const best = await answer(asked)
    const three = await answer(asked, { topK: 3 })
    await answer.close()
    expect(asked.context.slice(best.start, best.end)).toBe(best.answer)
    const predict = ['predict', '--model', at('qa'), '--threads', '1']
    const one = [...predict, '--question', asked.question, '--context', asked.context]
    expect((await json(one)).result).toEqual({ answers: [best] })
    expect((await json([...one, '--top-k', '3'])).result).toEqual({ answers: three })
    const none = await json([...one, '--null-threshold', '-1000'])
    expect(none.result.answers).toMatchObject([{ answer: '', start: 0, end: 0 }])
    expect((await runHere(one)).stdout).toMatch(/score +answer +place\n/)
  })

  test('predict reads both formats, and writes a line a question or an answer', async () => {
    const predict = ['predict', '--model', at('qa'), '--threads', '1', '--input']
    const fromSquad = await json([...predict, at('answered.json')])
    expect(fromSquad.result.answers).toHaveLength(12)
    expect(Object.keys(fromSquad.result.answers[0])).toEqual(['answer', 'score', 'start', 'end'])
    const lists = await json([...predict, at('test.jsonl'), '--top-k', '2'])
    expect(lists.result.answers[0]).toHaveLength(2)
    await json([...predict, at('test.jsonl'), '--output', at('out.jsonl')])
    const [first] = (await readFile(at('out.jsonl'), 'utf8')).split('\n')
    expect(Object.keys(JSON.parse(first))).toEqual(['id', 'question', 'answer', 'score', 'start', 'end'])
    await json([...predict, at('test.jsonl'), '--output', at('out.csv'), '--top-k', '2'])
    const lines = (await readFile(at('out.csv'), 'utf8')).trim().split('\n')
    expect(lines[0]).toBe('id,question,rank,answer,score,start,end')
    expect(lines).toHaveLength(1 + 2 * 14)
  })
})

/** One question, changed. */
const file = (change: (qa: Record<string, unknown>) => unknown, context = 'ada saw rome .') =>
  JSON.stringify({
    data: [
      {
        title: 'one',
        paragraphs: [
          {
            context,
            qas: [change({ id: 'q', question: 'what saw ada', answers: [{ text: 'rome', answer_start: 8 }] })],
          },
        ],
      },
    ],
  })
const place = 'data[0].paragraphs[0].qas[0]'

/** What is wrong, the file, what the message must say, and flags. */
const broken: [name: string, file: string, text: string, code: string, says: string[], ...flags: string[]][] = [
  ['an empty file', 'a.json', '', 'EMPTY_FILE', ['a.json']],
  ['no questions', 'b.json', '{"data": []}', 'EMPTY_FILE', ['b.json', 'no question']],
  [
    'a question without a field',
    'c.json',
    file(({ question, ...rest }) => rest),
    'MISSING_FIELD',
    ['c.json', place, '"question"'],
  ],
  [
    'an answer behind the end of the text',
    'd.json',
    file((qa) => ({ ...qa, answers: [{ text: 'rome', answer_start: 80 }] })),
    'ANSWER_RANGE',
    ['d.json', `${place}.answers[0]`, '80', 'only 14 characters', '--repair-answers'],
  ],
  [
    'an answer at the wrong place',
    'e.json',
    file((qa) => ({ ...qa, answers: [{ text: 'rome', answer_start: 7 }] })),
    'ANSWER_PLACE',
    ['e.json', `${place}.answers[0]`, '"rome"', 'It stands at 8'],
  ],
  ['no answers', 'f.json', file(({ answers, ...rest }) => rest), 'MISSING_ANSWERS', ['f.json', place, 'is_impossible']],
  [
    'a line that is no JSON',
    'g.jsonl',
    '{"question": "what", "context": "ada saw rome", "answers": []}\n{"question": \n',
    'INVALID_JSON',
    ['g.jsonl, row 2'],
  ],
  [
    'one context, of which no part can be held out',
    'h.json',
    file((qa) => qa),
    'SPLIT_TOO_SMALL',
    ['1 of the contexts'],
  ],
  ['a csv', 'i.csv', 'question,context\n', 'UNKNOWN_FORMAT', ['i.csv', '.jsonl']],
  [
    'a column',
    'j.json',
    file((qa) => qa),
    'FLAG_TASK',
    ['--text-column', 'token-classification'],
    '--text-column',
    'x',
  ],
  [
    'a length that cannot be',
    'k.json',
    squad(paragraphs(4, 4, false), 2),
    'ANSWER_OPTION',
    ['--max-answer-length', '0'],
    '--max-answer-length',
    '0',
  ],
  [
    'a stride that does not fit',
    'l.json',
    squad(paragraphs(4, 4, false), 2),
    'STRIDE',
    ['--stride must be', 'not 40'],
    '--stride',
    '40',
  ],
]

describe('bad input ends with status 2 and says what is wrong', () => {
  test.each(broken)('%s', async (_, name, text, code, says, ...flags) => {
    await writeFile(at(name), text)
    const { status, stdout, stderr } = await runHere([...train('bad', '--train', at(name), ...flags), '--json'])
    expect(status, stderr).toBe(2)
    const { error } = JSON.parse(stdout)
    expect(error.code, error.message).toBe(code)
    for (const part of says) expect(error.message).toContain(part)
  })

  const predict = (...more: string[]) => ['predict', '--model', at('qa'), ...more]
  const asking: [name: string, args: () => string[], code: string, says: string][] = [
    ['a text alone', () => predict('ada saw rome'), 'TEXTS', '--question TEXT and --context TEXT'],
    ['a question without a context', () => predict('--question', 'what'), 'MISSING_FLAG', '--context TEXT'],
    ['nothing', () => predict(), 'TEXTS', '--input FILE'],
    [
      'an unknown metric',
      () => ['evaluate', '--model', at('qa'), '--data', at('test.jsonl'), '--metrics', 'accuracy'],
      'UNKNOWN_METRIC',
      'f1, HasAns_f1',
    ],
  ]
  test.each(asking)('%s', async (_, args, code, says) => {
    const { status, stdout } = await runHere([...args(), '--json'])
    const { error } = JSON.parse(stdout)
    expect([status, error.code]).toEqual([2, code])
    expect(error.message).toContain(says)
  })

  test('answers of several people may overlap; one that stands elsewhere is moved if asked for', async () => {
    const answers = [
      { text: 'saw rome', answer_start: 4 },
      { text: 'rome', answer_start: 7 },
    ]
    await writeFile(
      at('overlap.json'),
      file((qa) => ({ ...qa, answers })),
    )
    const args = ['evaluate', '--model', at('qa'), '--data', at('overlap.json'), '--threads', '1', '--repair-answers']
    const { result, stderr } = await json(args)
    expect(result.examples).toBe(1)
    expect(stderr).toContain('moved the answer "rome" from answer_start 7 to 8')
  })
})
