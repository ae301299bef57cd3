/**
 * Small made-up data for every task, in the files that its command reads: `npx tsx examples/tasks/toy-data.ts out/toy`. What
 * docs/tasks.md prints comes from models that were trained on them. No example to test on stands among those to train on, half of
 * the names in tests are in none of these either, a tenth not even in the texts for pre-training, and some labels are wrong, as in
 * real data.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomStream } from '../../src/core/random.ts'

const folder = process.argv[2] ?? 'out/toy'
const [trainSize, testSize] = [2000, 400]

const words = (list: string) => list.split(' ')
const people = words(
  'Anna Ben Clara David Emma Frank Greta Hugo Ines Jonas Karin Leo Maria Nils Olga Paul Rosa Simon Tina Victor ' +
    'Willa Xaver Yara Zoe Amir Bella Carl Dora Erik Fiona Georg Hanna Ivan Judith Kemal Lena Mark Nora Oscar Petra',
)
const cities = words(
  'Berlin Paris Rome Madrid Oslo Vienna Prague Lisbon Athens Dublin Warsaw Bern Helsinki Budapest Hamburg Milan ' +
    'Lyon Seville Graz Leipzig Bergen Porto Turin Basel Gdansk Nantes Malaga Bremen Verona Salzburg Cork Krakow',
)
const works = words('letter song novel poem report diary opera speech play essay')
const food = words('soup bread fish dessert coffee steak salad cake')
const service = words('waiter service staff welcome manager barman')
const price = words('price bill menu wine')
const good = words('lovely fresh excellent delicious perfect wonderful great')
const bad = words('awful stale terrible bland dreadful poor sad')

const random = randomStream(42, 'toy data')
const oneOf = <T>(choices: readonly T[]): T => choices[random.integer(choices.length)]
const chance = (share: number) => random.uniform() < share
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

/** Share of the names that texts may have: half of them in those to train on, most in those for pre-training, all in tests. */
const shares = { train: 0.5, pretrain: 0.9, test: 1 }
type Part = keyof typeof shares
const name = (list: readonly string[], part: Part) => list[random.integer(Math.floor(shares[part] * list.length))]
const year = () => String(1900 + random.integer(100))

/** One clause on a meal, and what it says: more than 0 is praise. */
function clause(things: readonly string[]): { text: string; value: number } {
  const value = oneOf([-2, -1, 1, 2])
  const word = oneOf(value > 0 ? good : bad)
  const opposite = oneOf(value > 0 ? bad : good)
  if (Math.abs(value) === 2) return { text: `the ${oneOf(things)} was really ${word}`, value }
  return chance(0.25)
    ? { text: `the ${oneOf(things)} was not ${opposite}`, value }
    : { text: `the ${oneOf(things)} was ${word}`, value }
}

const sentence = (text: string) => `${text[0].toUpperCase()}${text.slice(1)}.`
const meal = [...food, ...service, ...price]

/** Praise or blame, in one clause or two, of which the stronger one decides; 3 % of the labels are wrong. */
function review(): string[] {
  const clauses = times(1 + random.integer(2), () => clause(meal))
  const value = clauses.reduce((sum, clause) => sum + clause.value, 0)
  if (value === 0) return review() // since it says both alike
  return [sentence(clauses.map(({ text }) => text).join(' and ')), value > 0 !== chance(0.03) ? 'praise' : 'blame']
}

/** What a comment is about: none, one or several of three topics; 3 % of them are forgotten. */
function comment() {
  const topics = Object.entries({ food, service, price }).filter(() => chance(0.45))
  const clauses = random.shuffle(topics).map(([, things]) => clause(things).text)
  const text = sentence(
    [...clauses, ...(clauses.length === 0 || chance(0.3) ? [`we came from ${oneOf(cities)}`] : [])].join(' and '),
  )
  return [
    text,
    topics
      .flatMap(([topic]) => (chance(0.97) ? [topic] : []))
      .sort()
      .join('|'),
  ]
}

/** Stars from 1 to 5, with some noise. */
function rated() {
  const clauses = times(1 + random.integer(2), () => clause(meal))
  const mean = clauses.reduce((sum, { value }) => sum + value, 0) / clauses.length
  const stars = Math.min(5, Math.max(1, 3 + mean + 0.3 * random.normal()))
  return [sentence(clauses.map(({ text }) => text).join(' and ')), stars.toFixed(1)]
}

/** Words with tags: `[['Anna', 'B-person'], ['left', 'O'], …]`. */
function tagged(part: Part): [string, string][] {
  const person = (): [string, string][] => {
    const last = chance(0.3) ? [[name(people, part), 'I-person'] as [string, string]] : []
    return [[name(people, part), 'B-person'], ...last]
  }
  const place = (): [string, string][] => [[name(cities, part), 'B-place']]
  const plain = (text: string) => words(text).map((word): [string, string] => [word, 'O'])
  return oneOf([
    () => [...person(), ...plain('moved from'), ...place(), ...plain('to'), ...place(), ...plain('.')],
    () => [...person(), ...plain('and'), ...person(), ...plain('met in'), ...place(), ...plain('.')],
    () => [...plain(`The ${oneOf(works)} by`), ...person(), ...plain('was read in'), ...place(), ...plain('.')],
    () => plain(`The ${oneOf(meal)} was ${oneOf([...good, ...bad])} .`),
  ])()
}

/** A text that says of a work some of who, where and when, and then something else; a question on the work, answered or not. */
function question(part: Part) {
  const [work, who, where, when] = [oneOf(works), name(people, part), name(cities, part), year()]
  const parts = { who: ` by ${who}`, where: ` in ${where}`, when: ` in ${when}` }
  const said = Object.entries(parts).filter(() => chance(0.8))
  const start = `The ${work} was written${said.map(([, part]) => part).join('')}.`
  const more = oneOf([
    `It was read in ${name(cities, part)}.`,
    `${name(people, part)} and ${name(people, part)} met in ${name(cities, part)}.`,
    `${name(people, part)} moved from ${name(cities, part)} to ${name(cities, part)}.`,
  ])
  const [asked, question, text] = oneOf([
    ['who', `Who wrote the ${work}?`, who],
    ['where', `Where was the ${work} written?`, where],
    ['when', `When was the ${work} written?`, when],
  ])
  const isAnswered = said.some(([part]) => part === asked)
  const answers = isAnswered ? [{ text, answer_start: start.indexOf(text) }] : []
  return { context: `${start} ${more}`, question, is_impossible: !isAnswered, answers }
}

/** A beginning, and three ends of which one makes sense. */
function choice(part: Part) {
  const ends = {
    place: name(cities, part),
    person: name(people, part),
    taste: oneOf([...good, ...bad]),
    year: year(),
  }
  const [question, right] = oneOf([
    [`${name(people, part)} moved from ${name(cities, part)} to`, ends.place],
    [`The ${oneOf(works)} was written by`, ends.person],
    [`The ${oneOf(food)} was really`, ends.taste],
    [`The ${oneOf(works)} was written in ${name(cities, part)} in`, ends.year],
  ])
  const others = random.shuffle(Object.values(ends).filter((end) => end !== right)).slice(0, 2)
  const choices = random.shuffle([right, ...others])
  return { question, choices: choices.map((end) => `${end}.`), label: choices.indexOf(right) }
}

/** A few sentences on one thing, one behind the other. */
function story(part: Part): string[] {
  const [who, from, to] = [name(people, part), name(cities, part), name(cities, part)]
  const work = oneOf(works)
  return oneOf([
    [`${who} moved from ${from} to ${to}.`, `The train from ${from} was late.`, `Friends in ${to} had found a house.`],
    [
      `The ${work} was written by ${who} in ${from} in ${year()}.`,
      `It was read in ${to}.`,
      `No ${work} was ever as ${oneOf([...good, ...bad])}.`,
    ],
    [`Who wrote the ${work}?`, `${who} wrote it.`, `Where was it written?`, `It was written in ${from} in ${year()}.`],
    [
      sentence(clause(food).text),
      `The waiter took the plates away.`,
      `So we paid and left.`,
      sentence(clause(price).text),
    ],
    [
      `${who} and ${name(people, part)} met in ${from}.`,
      `They had not seen each other since ${year()}.`,
      `${who} stayed until Sunday.`,
    ],
  ])
}

/** Two sentences, of which the second follows the first in every other pair. */
function pair(part: Part) {
  const sentences = story(part)
  const i = random.integer(sentences.length - 1)
  const follows = chance(0.5)
  return [sentences[i], follows ? sentences[i + 1] : oneOf(story(part)), follows ? 'isNext' : 'notNext']
}

const cell = (value: string) => (/[",]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)
const lines = (texts: readonly string[], between = '\n') => `${texts.join(between)}\n`
const csv =
  (...header: string[]) =>
  (rows: readonly string[][]) =>
    lines([header, ...rows].map((row) => row.map(cell).join(',')))
const squad = (questions: readonly ReturnType<typeof question>[]) =>
  JSON.stringify({
    version: 'toy',
    data: questions.map(({ context, ...qa }, id) => ({
      title: `text ${id}`,
      paragraphs: [{ context, qas: [{ id: String(id), ...qa }] }],
    })),
  })
const conll = (sentences: readonly [string, string][][]) =>
  lines(
    sentences.map((tokens) => tokens.map((token) => token.join(' ')).join('\n')),
    '\n\n',
  )

await mkdir(folder, { recursive: true })
await writeFile(join(folder, 'texts.txt'), lines(times(6000, () => lines(story('pretrain')))))

/** Writes examples to train on and others to test on. @param asked what is asked: no test asks what stood in the training data */
async function write<T>(
  [name, ending]: [string, string],
  make: (part: Part) => T,
  format: (examples: readonly T[]) => string,
  asked: (example: T) => unknown,
) {
  const keyOf = (example: T) => JSON.stringify(asked(example))
  const train = times(trainSize, () => make('train'))
  const seen = new Set(train.map(keyOf))
  const test = times(testSize, function other(): T {
    const example = make('test')
    if (seen.has(keyOf(example))) return other()
    seen.add(keyOf(example))
    return example
  })
  for (const [part, examples] of Object.entries({ train, test })) {
    await writeFile(join(folder, `${name}-${part}.${ending}`), format(examples))
  }
}
const ofTexts = (row: readonly string[]) => row.slice(0, -1)
await write(['reviews', 'csv'], review, csv('text', 'label'), ofTexts)
await write(['comments', 'csv'], comment, csv('text', 'label'), ofTexts)
await write(['stars', 'csv'], rated, csv('text', 'label'), ofTexts)
await write(['names', 'conll'], tagged, conll, (tokens) => tokens.map(([word]) => word))
await write(['questions', 'json'], question, squad, ({ context, question }) => [context, question])
await write(
  ['choices', 'jsonl'],
  choice,
  (examples) => lines(examples.map((example) => JSON.stringify(example))),
  (example) => example,
)
await write(['pairs', 'csv'], pair, csv('text', 'text_pair', 'label'), ofTexts)
await write(
  ['sentences', 'txt'],
  () => review()[0],
  (examples) => lines(examples),
  (text) => text,
)
console.log(`17 files in ${folder}`)
