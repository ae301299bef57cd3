/** What fine-tuning heads refuse, and how their losses add up over micro-batches; their figures are held in parity.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { distanceOf, norm } from '../../test/answers.ts'
import { formulaBatch } from '../../test/formula.ts'
import { oddModel, oddSizes, withOddModel } from '../../test/odd-model.ts'
import { DataError } from '../core/errors.ts'
import { collateMultipleChoice } from '../data/collate-choices.ts'
import { collateTargets } from '../data/collate-targets.ts'
import { collateClassification, collateMaskedLm, collateSequences, type EncodedSequence } from '../data/collator.ts'
import { AdamW } from '../training/optimizers/adamw.ts'
import type { Architecture, Head } from './architecture.ts'
import type { ModelBatch } from './batch-inputs.ts'
import { bert } from './bert.ts'
import { type BertConfig, bertConfig } from './bert-config.ts'
import { electra } from './electra.ts'
import { electraConfig } from './electra-config.ts'
import { gradientGraph } from './graphs.ts'
import { maskedLm } from './heads/masked-lm.ts'
import { multipleChoice } from './heads/multiple-choice.ts'
import { nextSentence } from './heads/next-sentence.ts'
import { questionAnswering } from './heads/question-answering.ts'
import { sequenceClassification } from './heads/sequence-classification.ts'
import { tokenClassification } from './heads/token-classification.ts'
import type { LossOptions } from './loss-options.ts'
import type { EncoderModel } from './model.ts'

const lengths = [7, 2, 5, 11, 1, 6]
const { sequences } = formulaBatch(lengths, oddSizes.vocabSize, oddSizes.labels.length)
const classes = oddSizes.labels.length
const targetsOf = (b: number) => Float32Array.from({ length: classes }, (_, c) => Number((b + c) % 3 === 0))
const int32 = (...values: number[]) => Int32Array.from(values)

/** Batches of any of the six sequences, by kind of head. */
const batches = {
  classes: (from: number, to: number): ModelBatch =>
    collateClassification(sequences.map((each, b) => ({ ...each, labelId: [4, 0, 2, 2, 1, 0][b] })).slice(from, to)),
  targets: (from: number, to: number): ModelBatch =>
    collateTargets(sequences.map((each, b) => ({ ...each, targets: targetsOf(b) })).slice(from, to)),
  tokens: (from: number, to: number): ModelBatch =>
    collateMaskedLm(
      sequences
        .map(({ ids, typeIds }, b) => ({ ids, typeIds, labels: ids.map((id, t) => (b + t > 0 ? id % classes : -100)) }))
        .slice(from, to),
    ),
  answers: (from: number, to: number): ModelBatch => ({
    ...collateSequences(sequences.slice(from, to)),
    startLabels: int32(...[3, 0, 0, 10, 0, 2].slice(from, to)),
    endLabels: int32(...[6, 1, 0, 2, 0, 5].slice(from, to)),
  }),
  /** Of one, three and two choices. */
  choices: (from: number, to: number): ModelBatch => {
    const examples: EncodedSequence[][] = [sequences.slice(0, 1), sequences.slice(1, 4), sequences.slice(4, 6)]
    return collateMultipleChoice(examples.map((choices, e) => ({ choices, labelId: [0, 2, 0][e] })).slice(from, to))
  },
}

describe('a step on micro-batches is one on the whole', () => {
  /** Of a gradient's difference, relative to its norm: float32 rounding of sums in another order. */
  const tolerance = 1e-6
  const six = [
    [0, 1],
    [1, 4],
    [4, 6],
  ] as const
  const three = [
    [0, 1],
    [1, 3],
  ] as const
  const multiLabel = { problemType: 'multi_label_classification' } as const
  const changed = { classWeights: [0.5, 3, 1, 0.1, 2], labelSmoothing: 0.2, focalGamma: 1.5 }
  const cases: [
    string,
    Head,
    keyof typeof batches,
    readonly (readonly [number, number])[],
    Partial<BertConfig>,
    LossOptions?,
  ][] = [
    ['classes that weigh differently', sequenceClassification, 'classes', six, {}, changed],
    ['tokens whose classes weigh differently', tokenClassification, 'tokens', six, {}, changed],
    ['several labels', sequenceClassification, 'targets', six, multiLabel],
    ['numbers', sequenceClassification, 'targets', six, { problemType: 'regression' }],
    ['answers', questionAnswering, 'answers', six, {}],
    ['different numbers of choices', multipleChoice, 'choices', three, {}],
  ]

  test.each(cases)('%s', (_, head, kind, cuts, config, loss) =>
    withOddModel(head, { config }, async (model) => {
      const optimizer = new AdamW()
      const training = await model.compile({ optimizer, accumulate: true, dropout: false, maxGradNorm: 0, loss })
      const once = await training.gradients(batches[kind](cuts[0][0], cuts.at(-1)![1]))
      const summed = await training.gradients(cuts.map(([from, to]) => batches[kind](from, to)))
      expect(once.loss).toBeGreaterThan(0.1)
      expect(Math.abs(summed.loss / once.loss - 1)).toBeLessThan(tolerance)
      for (const [name, gradient] of Object.entries(once.gradients)) {
        const difference = distanceOf(summed.gradients[name], gradient)
        // Zero up to rounding: what softmax over keys, tokens or choices does not see.
        const isZero = norm(gradient) < 1e-7
        expect(isZero ? difference : difference / norm(gradient), name).toBeLessThan(tolerance)
      }
    }),
  )
})

test('changes to the loss are for training: forward tells the plain mean', () =>
  withOddModel(sequenceClassification, {}, async (model) => {
    const batch = batches.classes(0, 6)
    const { loss: plain } = await model.forward(batch, { loss: true })
    const options = { optimizer: new AdamW({ learningRate: 0 }), dropout: false }
    const same = await (await model.compile(options)).step(batch)
    expect(Math.abs(same.loss - plain!)).toBeLessThan(1e-6)
    const none = { labelSmoothing: 0, focalGamma: 0 }
    expect((await (await model.compile({ ...options, loss: none })).step(batch)).loss).toBe(same.loss)
    const focal = await (await model.compile({ ...options, loss: { focalGamma: 2 } })).step(batch)
    expect(focal.loss).toBeLessThan(0.9 * plain!)
    expect((await model.forward(batch, { loss: true })).loss).toBe(plain)
  }))

test('a step tells the scores of choices', () =>
  withOddModel(multipleChoice, {}, async (model) => {
    const training = await model.compile({ optimizer: new AdamW() })
    const { logits } = await training.step(batches.choices(0, 3), { logits: true })
    expect(logits![0].dims).toEqual([3, 3])
  }))

describe('dropout is where transformers has it', () => {
  const settings = { ...oddSizes, hiddenDropoutProb: 0.2, classifierDropout: 0.3 }
  const definitions = {
    bert: { architecture: bert as unknown as Architecture, config: bertConfig(settings) },
    electra: {
      architecture: electra as unknown as Architecture,
      config: electraConfig({ ...settings, summaryLastDropout: 0.4 }),
    },
  }
  const headSites = (type: keyof typeof definitions, head: Head) =>
    gradientGraph({ ...definitions[type], head }).dropout.filter(({ input }) => !/embeddings|encoder/.test(input))

  const site = (input: string, size: string, probability: number) => ({ input, shape: [size, 12], probability })
  test.each<{ type: keyof typeof definitions; head: Head; sites: ReturnType<typeof site>[] }>([
    { type: 'bert', head: tokenClassification, sites: [site('dropout:classifier', 'masked', 0.3)] },
    { type: 'electra', head: tokenClassification, sites: [site('dropout:classifier', 'masked', 0.3)] },
    { type: 'bert', head: questionAnswering, sites: [] },
    { type: 'electra', head: questionAnswering, sites: [] },
    { type: 'bert', head: multipleChoice, sites: [site('dropout:classifier', 'batch', 0.3)] },
    { type: 'electra', head: multipleChoice, sites: [site('dropout:sequence_summary', 'batch', 0.4)] },
    { type: 'bert', head: nextSentence, sites: [] },
  ])('$type, $head.task', ({ type, head, sites }) => {
    expect(headSites(type, head)).toEqual(sites)
  })
})

describe('what cannot be used is refused', () => {
  const models = new Map<Head, EncoderModel>()
  let multiLabel: EncoderModel
  let regression: EncoderModel
  beforeAll(async () => {
    for (const head of [tokenClassification, questionAnswering, multipleChoice, nextSentence]) {
      models.set(head, await oddModel(head))
    }
    multiLabel = await oddModel(sequenceClassification, { config: { problemType: 'multi_label_classification' } })
    regression = await oddModel(sequenceClassification, { config: { problemType: 'regression' } })
  })
  afterAll(async () => {
    for (const model of [...models.values(), multiLabel, regression]) await model?.close()
  })

  const answers = batches.answers(0, 6)
  const choices = batches.choices(0, 3)
  const tokens = batches.tokens(0, 6)
  const with_ = (place: number, value: number, values: Int32Array) =>
    values.map((each, i) => (i === place ? value : each))
  const cases: [string, Head, ModelBatch, string, RegExp][] = [
    [
      'no rows of tokens',
      tokenClassification,
      { ...tokens, maskedRows: undefined, labels: undefined },
      'BATCH_FIELD',
      /maskedRows/,
    ],
    ['no labels of tokens', tokenClassification, { ...tokens, labels: undefined }, 'BATCH_FIELD', /labels/],
    [
      'a class too high',
      tokenClassification,
      { ...tokens, labels: with_(2, 5, tokens.labels!) },
      'LABEL',
      /5 at place 2 .* 0\.\.4/,
    ],
    [
      'a label too few',
      tokenClassification,
      { ...tokens, labels: tokens.labels!.slice(1) },
      'LABEL_COUNT',
      /30 labels for 31/,
    ],
    ['no starts', questionAnswering, { ...answers, startLabels: undefined }, 'BATCH_FIELD', /startLabels/],
    ['no ends', questionAnswering, { ...answers, endLabels: undefined }, 'BATCH_FIELD', /endLabels/],
    [
      'a start behind its sequence',
      questionAnswering,
      { ...answers, startLabels: with_(1, 2, answers.startLabels!) },
      'START_LABEL',
      /2 of sequence 1 .* 0\.\.1/,
    ],
    [
      'an end behind the last sequence',
      questionAnswering,
      { ...answers, endLabels: with_(5, 6, answers.endLabels!) },
      'END_LABEL',
      /6 of sequence 5 .* 0\.\.5/,
    ],
    [
      'an end before all',
      questionAnswering,
      { ...answers, endLabels: with_(0, -1, answers.endLabels!) },
      'END_LABEL',
      /-1 of sequence 0/,
    ],
    [
      'an end too few',
      questionAnswering,
      { ...answers, endLabels: answers.endLabels!.slice(1) },
      'LABEL_COUNT',
      /5 end labels for 6/,
    ],
    ['no choices', multipleChoice, { ...choices, choices: undefined, labels: undefined }, 'BATCH_FIELD', /choices/],
    [
      'choices too many',
      multipleChoice,
      { ...choices, choices: int32(1, 3, 3) },
      'CHOICES',
      /7 choices in all.* 6 sequences/,
    ],
    [
      'an example of none',
      multipleChoice,
      { ...choices, choices: int32(0, 4, 2) },
      'CHOICES',
      /example 0 .* 0 choices/,
    ],
    [
      'a choice that is not there',
      multipleChoice,
      { ...choices, labels: int32(1, 2, 0) },
      'LABEL',
      /1 of example 0 .* 0\.\.0/,
    ],
    ['an example without label', multipleChoice, { ...choices, labels: int32(0, 2) }, 'LABEL_COUNT', /2 labels for 3/],
    [
      'a third answer',
      nextSentence,
      { ...batches.classes(0, 6), labels: int32(0, 1, 2, 0, 1, 1) },
      'LABEL',
      /2 at place 2 .* 0\.\.1/,
    ],
  ]

  test.each(cases)('%s', async (_, head, batch, code, message) => {
    const refused = models.get(head)!.forward(batch, { loss: true })
    await expect(refused).rejects.toBeInstanceOf(DataError)
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  test('labels without choices', () => {
    const { choices: _, ...batch } = choices
    return expect(models.get(multipleChoice)!.forward(batch)).rejects.toMatchObject({ code: 'LABEL_COUNT' })
  })

  test('targets that are none', async () => {
    const batch = batches.targets(0, 6)
    const changed = (place: number, value: number) => batch.targets!.map((each, i) => (i === place ? value : each))
    const forward = (model: EncoderModel, targets?: Float32Array) =>
      model.forward({ ...batch, targets }, { loss: true })
    await expect(forward(multiLabel)).rejects.toMatchObject({
      code: 'BATCH_FIELD',
      message: expect.stringMatching(/targets/),
    })
    const short = forward(multiLabel, batch.targets!.slice(6))
    await expect(short).rejects.toMatchObject({
      code: 'LABEL_COUNT',
      message: expect.stringMatching(/24 targets for 6 .* 5/),
    })
    for (const value of [2, -0.5, Number.NaN]) {
      const refused = { code: 'TARGET', message: expect.stringMatching(/text 1 for "c" is not in 0\.\.1/) }
      await expect(forward(multiLabel, changed(7, value))).rejects.toMatchObject(refused)
    }
    const infinite = { code: 'TARGET', message: expect.stringMatching(/Infinity .* no finite number/) }
    await expect(forward(regression, changed(7, Number.POSITIVE_INFINITY))).rejects.toMatchObject(infinite)
    expect((await forward(regression, changed(7, -3))).loss).toBeGreaterThan(0)
  })

  test.each([
    ['a language model', maskedLm, {}],
    ['question answering', questionAnswering, {}],
    ['multiple choice', multipleChoice, {}],
    ['several labels', sequenceClassification, { problemType: 'multi_label_classification' }],
  ] as const)('a changed loss of %s', (_, head, config) =>
    withOddModel(head, { config }, (model) =>
      expect(model.compile({ optimizer: new AdamW(), loss: { labelSmoothing: 0.1 } })).rejects.toMatchObject({
        code: 'LOSS_OPTIONS',
        message: expect.stringContaining(head.task),
      }),
    ),
  )

  test('class weights of another number than there are classes', () =>
    withOddModel(sequenceClassification, {}, (model) =>
      expect(model.compile({ optimizer: new AdamW(), loss: { classWeights: [1, 2] } })).rejects.toMatchObject({
        code: 'CLASS_WEIGHTS',
      }),
    ))
})
