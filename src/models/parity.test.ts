/** Models against transformers and PyTorch: the answers are those of scripts/fixtures/parity.py, electra.py and heads.py. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Distance, largestDifference, norm } from '../../test/answers.ts'
import { type ParityCase, parityCase, parityTasks, realAttention } from '../../test/parity-case.ts'
import { AdamW } from '../training/optimizers/adamw.ts'
import type { TrainingSession } from './training-session.ts'

/** Absolute, of logits, hidden states and attention: float32 rounding over a few layers of values around 1. */
const forwardTolerance = 1e-5
/** Of a gradient's difference, relative to its norm. */
const gradientTolerance = 1e-4
/** Absolute, of losses and weights over twenty steps. */
const trainingTolerance = 1e-4
/** Relative, of the gradient's norm over twenty steps: it multiplies the differences that the weights have by then. */
const gradNormTolerance = 1e-3

/**
 * A key's bias adds the same number to all of a query's scores, which softmax does not see: its gradient is zero, and
 * what either side computes is rounding.
 */
const isKeyBias = (name: string) => name.endsWith('attention.self.key.bias')
const roundingOfZero = 1e-7

/**
 * In the same way softmax over tokens does not see what is added to all tokens alike, nor softmax over choices what is added
 * to all choices. The gradient is rounding, which AdamW divides by its own size: such weights wander, on either side.
 */
const wandering: Record<string, RegExp> = {
  'question-answering': /^(qa_outputs|\w+\.encoder\.layer\.1\.output\.LayerNorm)\.bias$/,
  'multiple-choice': /^classifier\.bias$/,
}

const cases = (['bert', 'electra'] as const).flatMap((type) =>
  Object.entries<readonly string[]>(parityTasks[type]).flatMap(([size, tasks]) =>
    tasks.map((task) => ({ size, task, type })),
  ),
)
/** Whether hidden states and attention are stored, not logits alone. */
const isWhole = ({ size, type }: (typeof cases)[number]) => type === 'bert' || size === 'ragged'

describe.each(cases)('$size $type with a $task head', ({ size, task, type }) => {
  const whole = isWhole({ size, task, type })
  const isWandering = (name: string) => Boolean(wandering[parity.model.definition.head!.task]?.test(name))
  let parity: ParityCase
  let training: TrainingSession

  beforeAll(async () => {
    parity = await parityCase(type, size, task)
    const { weightDecay, maxGradNorm, loss } = parity.answers.case
    const optimizer = new AdamW({ weightDecay })
    training = await parity.model.compile({ optimizer, maxGradNorm, dropout: false, loss: loss ?? undefined })
  })
  afterAll(() => parity?.model.close())

  test('has the parameters of the reference', () => {
    expect(parity.model.parameters.map(({ name }) => name).sort()).toEqual([...parity.answers.case.parameters].sort())
  })

  test('computes its logits, hidden states, attention probabilities and loss', async ({ annotate }) => {
    const { model, answers, batch, unlabelled } = parity
    const { lengths, limits } = answers.case
    const output = await model.forward(unlabelled, { outputHiddenStates: whole, outputAttentions: whole })
    const { numAttentionHeads: heads, numHiddenLayers: layers } = model.config
    const tensors: [string, Float32Array][] = [['logits', output.logits!.data as Float32Array]]
    expect(output.pairLogits !== undefined).toBe(task === 'pretraining')
    if (output.pairLogits) tensors.push(['pairLogits', output.pairLogits.data as Float32Array])
    for (const [i, { data }] of (output.hiddenStates ?? []).entries())
      tensors.push([`hidden.${i}`, data as Float32Array])
    for (const [i, { data }] of (output.attentions ?? []).entries())
      tensors.push([`attention.${i}`, realAttention(data as Float32Array, lengths, heads)])
    expect(tensors).toHaveLength((task === 'pretraining' ? 2 : 1) + (whole ? layers + 1 + layers : 0))
    const distances = tensors.map(([name, values]): [string, Distance] => [
      name,
      answers.distance(name, values, limits.activation),
    ])
    await annotate(
      `largest: ${distances.map(([name, { largest }]) => `${name} ${largest.toExponential(1)}`).join(', ')}`,
    )
    for (const [index, [name, { largest, norm: total }]] of distances.entries()) {
      expect(largest, name).toBeLessThan(forwardTolerance)
      // Elements that are not stored: no more off than the tolerance in the root mean square.
      expect(total / Math.sqrt(tensors[index][1].length), name).toBeLessThan(forwardTolerance)
    }
    const { loss } = await model.forward(batch, { loss: true })
    expect(Math.abs(loss! - answers.get('loss')[0])).toBeLessThan(forwardTolerance)
  })

  test('computes the gradient of every parameter', async ({ annotate }) => {
    const { answers, batch } = parity
    const { loss, gradNorm, gradients } = await training.gradients(batch)
    expect(Math.abs(loss - answers.get('losses')[0])).toBeLessThan(forwardTolerance)
    expect(Math.abs(gradNorm / answers.get('gradNorms')[0] - 1)).toBeLessThan(gradientTolerance)
    expect(answers.names('grad:').sort()).toEqual(Object.keys(gradients).sort())
    let worst = { name: '', relative: 0 }
    let largestZero = 0
    for (const [name, values] of Object.entries(gradients)) {
      if (isKeyBias(name) || isWandering(name)) {
        largestZero = Math.max(largestZero, norm(values), norm(answers.get(`grad:${name}`)))
        expect(largestZero, name).toBeLessThan(roundingOfZero)
        continue
      }
      const distance = answers.distance(`grad:${name}`, values, answers.case.limits.parameter)
      const relative = distance.norm / distance.answerNorm
      expect(relative, name).toBeLessThan(gradientTolerance)
      if (relative > worst.relative) worst = { name, relative }
    }
    await annotate(
      `worst: ${worst.name} ${worst.relative.toExponential(1)}; rounding of zeros ${largestZero.toExponential(1)}`,
    )
  })

  test('trains for twenty steps to its losses and weights', async ({ annotate }) => {
    const { model, answers, batch } = parity
    const losses: number[] = []
    const gradNorms: number[] = []
    for (const learningRate of answers.case.learningRates) {
      const { loss, gradNorm } = await training.step(batch, { learningRate })
      losses.push(loss)
      gradNorms.push(gradNorm)
    }
    expect(losses).toHaveLength(20)
    const lossDifference = largestDifference(losses, answers.get('losses'))
    expect(lossDifference).toBeLessThan(trainingTolerance)
    // Norms above 1 were clipped. Relative, since they range from 0.01 to 10.
    const normDifference = Math.max(...gradNorms.map((each, i) => Math.abs(each / answers.get('gradNorms')[i] - 1)))
    expect(normDifference).toBeLessThan(gradNormTolerance)
    let worst = { name: '', largest: 0 }
    for (const { name } of model.parameters) {
      if (isWandering(name)) continue
      const values = await model.parameter(name)
      const { largest, norm: whole } = answers.distance(`weight:${name}`, values, answers.case.limits.parameter)
      expect(largest, name).toBeLessThan(trainingTolerance)
      expect(whole / Math.sqrt(values.length), name).toBeLessThan(trainingTolerance)
      if (largest > worst.largest) worst = { name, largest }
    }
    await annotate(
      `losses ${lossDifference.toExponential(1)}, gradient norms ${normDifference.toExponential(1)} (first ${gradNorms[0].toFixed(3)}), ` +
        `weights ${worst.largest.toExponential(1)} in ${worst.name}`,
    )
  })
})
