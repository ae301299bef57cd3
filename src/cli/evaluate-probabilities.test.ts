/** `evaluate` on what a classifier's probabilities are worth: temperatures and thresholds. */
import { readdir } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { prepareEvaluation } from './evaluate.samples.ts'
import { makeModelFolder, runHere } from './program.samples.ts'

const { at, write, command, evaluate, refused } = prepareEvaluation(['regression'])

describe('--fit-temperature', () => {
  test('lowers the loss, and the saved model has probabilities softmax(logits / T)', async () => {
    const more = ['--fit-temperature', '--save-calibrated', at('calibrated')]
    const { temperature: fit, metrics } = await evaluate('model', 'test.csv', ...more)
    expect(fit.temperature).toBeGreaterThan(1)
    expect(fit.before.loss).toBeCloseTo(metrics.loss.value, 5)
    expect(fit.after.loss).toBeLessThan(fit.before.loss - 0.01)
    expect(fit.after.calibrationError).toBeLessThan(fit.before.calibrationError)

    const predict = async (model: string) =>
      JSON.parse(
        (await runHere(['predict', '--model', at(model), 'good bad dull film', 'great', '--threads', '1', '--json']))
          .stdout,
      ).predictions.map(({ scores }: { scores: Record<string, number> }) => scores)
    const [before, after] = [await predict('model'), await predict('calibrated')]
    before.forEach(({ negative, positive }: Record<string, number>, i: number) => {
      // The log of the ratio of two probabilities is the difference of their logits.
      const logit = Math.log(positive / negative) / fit.temperature
      expect(after[i].positive).toBeCloseTo(1 / (1 + Math.exp(-logit)), 5)
    })

    const again = await evaluate('calibrated', 'test.csv', '--fit-temperature')
    expect(again.metrics.accuracy).toEqual(metrics.accuracy)
    expect(again.metrics.loss.value).toBeCloseTo(fit.after.loss, 5)
    expect(again.temperature.temperature).toBeCloseTo(1, 3)
  })

  test('where all is right no temperature can be told, and none is saved', async () => {
    const { stdout, status } = await runHere(command('model', 'clean.csv', '--fit-temperature'))
    expect(status).toBe(0)
    expect(stdout).toContain('no temperature: the examples of')
    expect(await evaluate('model', 'clean.csv', '--fit-temperature')).not.toHaveProperty('temperature')
    const { code } = await refused('model', 'clean.csv', '--fit-temperature', '--save-calibrated', at('sure'))
    expect(code).toBe('NO_TEMPERATURE')
    expect(await readdir(at('.'))).not.toContain('sure')
  })

  test('what does not go together is refused', async () => {
    expect((await refused('model', 'test.csv', '--save-calibrated', at('c'))).message).toContain('--fit-temperature')
    expect((await refused('regression', 'regression.jsonl', '--fit-temperature')).code).toBe('FLAG_TASK')
    const held = ['--fit-temperature', '--save-calibrated', at('model')]
    expect((await refused('model', 'test.csv', ...held)).code).toBe('OUTPUT_NOT_EMPTY')
  })
})

describe('--best-threshold', () => {
  test.each(['f1', 'precision=0.7', 'recall=0.9'])('%s', async (goal) => {
    const { threshold, metrics } = await evaluate('model', 'test.csv', '--best-threshold', goal)
    expect(threshold.label).toBe('positive')
    if (goal === 'f1') expect(threshold.f1).toBeGreaterThanOrEqual(metrics.f1.value)
    else {
      const [name, least] = goal.split('=')
      expect(threshold[name]).toBeGreaterThanOrEqual(Number(least))
    }
    const { stdout } = await runHere(command('model', 'test.csv', '--best-threshold', goal))
    expect(stdout).toContain(`“positive” from a probability of ${threshold.threshold.toFixed(4)} on`)
  })

  test.each(['precision', 'recall=0', 'recall=1.2', 'precision=x', 'accuracy=0.9', 'f1=0.9'])(
    'no goal: %s',
    async (goal) => {
      const { code, message } = await refused('model', 'test.csv', '--best-threshold', goal)
      expect(code).toBe('FLAG_VALUE')
      expect(message).toContain('precision=0.95')
    },
  )

  test('data of one label, a goal out of reach, and models of more labels', async () => {
    await write('one.csv', 'text,label\ngood film,positive\nbad film,positive\n')
    expect(await refused('model', 'one.csv', '--best-threshold', 'f1')).toMatchObject({
      code: 'ONE_LABEL',
      message: expect.stringContaining('all 2 examples have the label "positive"'),
    })
    await write('wrong.csv', 'text,label\ngood great film,negative\nbad film,positive\n')
    expect((await refused('model', 'wrong.csv', '--best-threshold', 'precision=0.9')).code).toBe('NO_THRESHOLD')
    await makeModelFolder(at('three'), at('tok'), 'sequence-classification', {
      labels: ['negative', 'positive', 'so so'],
    })
    expect((await refused('three', 'test.csv', '--best-threshold', 'f1')).code).toBe('NOT_BINARY')
  })
})
