import { describe, expect, test } from 'vitest'
import { classifierSpecs, encoderSpecs, preTrainingHeadSpecs } from '../../test/checkpoint-fixture.ts'
import type { CheckpointError } from '../core/errors.ts'
import { type MatchOptions, matchWeights } from './match-weights.ts'
import type { StoredTensor } from './safetensors.ts'
import type { WeightSpec } from './weight-names.ts'

const stored = (specs: readonly WeightSpec[]): Map<string, StoredTensor> =>
  new Map(specs.map(({ name, shape }) => [name, { name, shape, dtype: 'F32', offset: 0, byteLength: 0 }]))
const match = (from: readonly WeightSpec[], to: readonly WeightSpec[], options: MatchOptions = {}) =>
  matchWeights(stored(from), to, 'folder', { prefix: 'bert.', ...options }).report

function error(run: () => unknown): CheckpointError {
  try {
    run()
  } catch (caught) {
    expect((caught as CheckpointError).code).toBe('WEIGHTS_MISMATCH')
    return caught as CheckpointError
  }
  throw new Error('nothing was thrown')
}

const preTraining = [...encoderSpecs(), ...preTrainingHeadSpecs]
const classifier = [...encoderSpecs(), ...classifierSpecs]
const fineTune = { mayBeMissing: [/^classifier\./], mayBeUnexpected: [/^cls\./] }

describe('matchWeights', () => {
  test('the same names and shapes load without remark', () => {
    const report = match(preTraining, preTraining)
    expect(report.loaded).toEqual(preTraining.map(({ name }) => name).sort())
    expect(report).toMatchObject({ missing: [], unexpected: [], mismatched: [], newlyInitialised: [], ignored: [] })
  })

  test('the prefix is added and taken away', () => {
    expect(match(encoderSpecs(''), encoderSpecs()).loaded).toHaveLength(39)
    expect(match(encoderSpecs(), encoderSpecs('')).loaded).toHaveLength(39)
    const report = match(preTraining, encoderSpecs(''), { mayBeUnexpected: [/^cls\./] })
    expect(report.unexpected).toEqual(preTrainingHeadSpecs.map(({ name }) => name).sort())
  })

  test('a new head starts fresh and another head is left out, if allowed', () => {
    const report = match(preTraining, classifier, fineTune)
    expect(report.missing).toEqual(['classifier.bias', 'classifier.weight'])
    expect(report.newlyInitialised).toEqual(report.missing)
    expect(report.unexpected).toEqual(preTrainingHeadSpecs.map(({ name }) => name).sort())
    expect(report.loaded).toHaveLength(39)
    const problem = error(() => match(preTraining, classifier))
    expect(problem.message).toContain('(2 missing, 7 unexpected)')
  })

  test('a head of a base checkpoint may be missing', () => {
    expect(match(encoderSpecs(''), classifier, fineTune).missing).toEqual(['classifier.bias', 'classifier.weight'])
  })

  test('the pooler may be missing or left over', () => {
    const noPooler = encoderSpecs().filter(({ name }) => !name.includes('pooler'))
    const pooler = ['bert.pooler.dense.bias', 'bert.pooler.dense.weight']
    expect(match(noPooler, encoderSpecs(), { mayBeMissing: pooler }).missing).toEqual(pooler)
    expect(match(encoderSpecs(''), noPooler, { mayBeUnexpected: pooler }).unexpected).toEqual(pooler)
  })

  test('an encoder tensor may never be missing, unexpected or mis-shaped, whatever is allowed', () => {
    const all = { mayBeMissing: () => true, mayBeUnexpected: () => true, mayBeMismatched: () => true }
    const oneLayer = encoderSpecs().filter(({ name }) => !name.includes('layer.1'))
    expect(error(() => match(oneLayer, encoderSpecs(), all)).message).toContain('(16 missing)')
    expect(error(() => match(encoderSpecs(), oneLayer, all)).message).toContain('(16 unexpected)')
    expect(error(() => match(encoderSpecs(''), oneLayer, all)).message).toContain('(16 unexpected)')
    const bare = encoderSpecs('').filter(({ name }) => !name.includes('layer.1'))
    expect(error(() => match(preTraining, bare, all)).message).toContain('(16 unexpected)')
    const wide = encoderSpecs().map((spec) => (spec.name.includes('word') ? { ...spec, shape: [24, 12] } : spec))
    expect(error(() => match(wide, encoderSpecs(), all)).message).toContain('(1 mis-shaped)')
  })

  test('every difference is listed, in columns', () => {
    const from = preTraining
      .filter(({ name }) => !/layer\.1\.output\.dense/.test(name))
      .map((spec) => (spec.name.includes('position') ? { ...spec, shape: [9, 12] } : spec))
    expect(error(() => match(from, classifier, { mayBeMissing: [/^classifier\./] })).message).toBe(
      [
        'folder: the weights do not fit the model (2 missing, 1 mis-shaped, 7 unexpected):',
        '  missing     bert.encoder.layer.1.output.dense.bias      expected [12]',
        '  missing     bert.encoder.layer.1.output.dense.weight    expected [12, 17]',
        '  mis-shaped  bert.embeddings.position_embeddings.weight  expected [7, 12], found [9, 12]',
        '  unexpected  cls.predictions.bias                        found [23]',
        '  unexpected  cls.predictions.transform.LayerNorm.bias    found [12]',
        '  unexpected  cls.predictions.transform.LayerNorm.weight  found [12]',
        '  unexpected  cls.predictions.transform.dense.bias        found [12]',
        '  unexpected  cls.predictions.transform.dense.weight      found [12, 12]',
        '  unexpected  cls.seq_relationship.bias                   found [2]',
        '  unexpected  cls.seq_relationship.weight                 found [2, 12]',
        'Load them with the config.json that they were saved with, or choose the model class that they were saved from.',
      ].join('\n'),
    )
  })

  test('a head of another size starts fresh only if allowed', () => {
    const five = classifierSpecs.map(({ name, shape }) => ({ name, shape: [5, ...shape.slice(1)] }))
    const from = [...encoderSpecs(), ...five]
    expect(error(() => match(from, classifier, fineTune)).message).toContain(
      'classifier.weight  expected [3, 12], found [5, 12]',
    )
    const report = match(from, classifier, { mayBeMismatched: [/^classifier\./] })
    expect(report.mismatched).toEqual([
      { name: 'classifier.bias', expected: [3], found: [5] },
      { name: 'classifier.weight', expected: [3, 12], found: [5, 12] },
    ])
    expect(report.newlyInitialised).toEqual(['classifier.bias', 'classifier.weight'])
    expect(report.loaded).toHaveLength(39)
  })

  test('copies of tied weights are left out, unless the model has them as its own', () => {
    const decoder = { name: 'cls.predictions.decoder.weight', shape: [23, 12] }
    const ignorable = [/^cls\.predictions\.decoder\./]
    expect(match([...preTraining, decoder], preTraining, { ignorable }).ignored).toEqual([decoder.name])
    expect(match([...preTraining, decoder], [...preTraining, decoder], { ignorable }).loaded).toContain(decoder.name)
    expect(error(() => match([...preTraining, decoder], preTraining)).message).toContain('1 unexpected')
  })

  test('two tensors for one parameter are an error', () => {
    const from = [...encoderSpecs(), { name: 'bert.embeddings.LayerNorm.gamma', shape: [12] }]
    expect(error(() => match(from, encoderSpecs())).message).toContain(
      'duplicate  bert.embeddings.LayerNorm.weight  "bert.embeddings.LayerNorm.weight" and "bert.embeddings.LayerNorm.gamma"',
    )
  })
})
