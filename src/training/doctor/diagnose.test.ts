import { describe, expect, test } from 'vitest'
import type { Example } from '../../data/example.ts'
import type { TrainingArguments } from '../training-arguments.ts'
import { checkNames, diagnose } from './diagnose.ts'
import type { EncoderStart } from './settings-context.ts'

const examples: Example[] = Array.from({ length: 400 }, (_, i) => ({
  text: `text ${i} of ${i * 7} about ${i % 13} and ${i * 31}`,
  label: i % 2 === 0 ? 'up' : 'down',
  source: { file: 'train.csv', row: i + 2 },
}))

describe('settings', () => {
  const codes = (args: Partial<TrainingArguments>, start: EncoderStart = 'trained') =>
    diagnose('text-classification', { trainExamples: examples, args, start }).findings.map(({ code }) => code)

  test('usual settings give no finding', () => {
    expect(codes({})).toEqual([])
    expect(codes({ learningRate: 2e-5, warmupRatio: 0.1 })).toEqual([])
    expect(codes({ learningRate: 5e-4, epochs: 10 }, 'random')).toEqual([])
  })

  test.each<[string, Partial<TrainingArguments>, EncoderStart, string[]]>([
    ['a high rate for trained weights', { learningRate: 5e-3 }, 'trained', ['LEARNING_RATE']],
    ['a rate of sgd, which has no such range', { learningRate: 5e-2, optimizer: 'sgd' }, 'trained', []],
    ['a high rate for a head on frozen layers', { learningRate: 5e-3, freeze: ['encoder'] }, 'trained', []],
    ['a low rate', { learningRate: 1e-7 }, 'trained', ['LEARNING_RATE']],
    ['no rate', { learningRate: 0 }, 'trained', ['LEARNING_RATE']],
    ['the rate of trained weights for random ones', { learningRate: 5e-5, epochs: 10 }, 'random', ['LEARNING_RATE']],
    ['the rate of trained weights for adapters', { learningRate: 1e-5 }, 'adapted', ['LEARNING_RATE']],
    ['a rate of adapters', { learningRate: 2e-3 }, 'adapted', []],
    ['few steps', { maxSteps: 10 }, 'trained', ['FEW_STEPS']],
    ['few steps for random weights', { learningRate: 5e-4 }, 'random', ['FEW_STEPS']],
    ['few steps by large batches', { batchSize: 64, gradientAccumulationSteps: 2 }, 'trained', ['FEW_STEPS']],
    ['a warmup as long as the run', { warmupSteps: 200 }, 'trained', ['LONG_WARMUP']],
  ])('%s', (_, args, start, expected) => expect(codes(args, start)).toEqual(expected))

  test('a long warmup is worth a remark', () => {
    const { findings, counts } = diagnose('text-classification', {
      trainExamples: examples,
      args: { warmupRatio: 0.6 },
    })
    expect(findings).toMatchObject([{ code: 'LONG_WARMUP', severity: 'info', counts: { warmup: 90, steps: 150 } }])
    expect(counts).toEqual({ error: 0, warning: 0, info: 1 })
  })
})

test('the worst comes first, and the same data give the same findings', () => {
  const evalExamples = [
    examples[3],
    { ...examples[0], text: 'new text' },
    { ...examples[0], text: 'an odd one', label: 'side' },
  ]
  const run = () => diagnose('text-classification', { trainExamples: examples, evalExamples, args: { maxSteps: 3 } })
  const { findings, counts, checks } = run()
  expect(findings.map(({ severity }) => severity)).toEqual(['error', 'warning', 'warning'])
  expect(findings.map(({ code }) => code)).toEqual(['UNSEEN_LABEL', 'LEAKAGE', 'FEW_STEPS'])
  expect(counts).toEqual({ error: 1, warning: 2, info: 0 })
  expect(checks).toContain('near-duplicates')
  expect(run().findings).toEqual(findings)
})

test('checks can be left out by name', () => {
  const options = { trainExamples: [...examples, examples[3]] }
  expect(diagnose('text-classification', options).findings).toHaveLength(1)
  expect(diagnose('text-classification', { ...options, skip: ['duplicates'] }).findings).toEqual([])
  expect(() => diagnose('text-classification', { ...options, skip: ['duplicate'] })).toThrow(
    /no check "duplicate"; did you mean "duplicates"/,
  )
  expect(new Set(checkNames).size).toBe(checkNames.length)
})

test('of a task that it does not know it checks the settings alone', () => {
  const { findings, checks } = diagnose('folding', { trainExamples: [{}], args: { learningRate: 1 } })
  expect(findings.map(({ code }) => code)).toEqual(['LEARNING_RATE', 'FEW_STEPS'])
  expect(checks).toEqual(['learning-rate', 'run-length'])
})
