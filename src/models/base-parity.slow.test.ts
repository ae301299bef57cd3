/** BERT of the published base size against transformers: the answers are scripts/fixtures/parity.py's. */
import { afterEach, describe, expect, test } from 'vitest'
import { type ParityCase, parityCase } from '../../test/parity-case.ts'

/** Absolute: float32 rounding over twelve layers. */
const tolerance = 1e-4

describe.each(['sequence-classification', 'masked-lm'])('base-size BERT with a %s head', (task) => {
  let parity: ParityCase | undefined
  afterEach(() => parity?.model.close())

  test('computes its logits and hidden states', async ({ annotate }) => {
    const started = performance.now()
    parity = await parityCase('bert', 'base', task)
    const created = performance.now()
    const { model, answers, unlabelled } = parity
    expect(model.parameterCount).toBeGreaterThan(109e6)
    const { logits, hiddenStates } = await model.forward(unlabelled, { outputHiddenStates: true })
    const ran = performance.now()
    const tensors = new Map([['logits', logits!.data as Float32Array]])
    for (const [i, { data }] of hiddenStates!.entries()) tensors.set(`hidden.${i}`, data as Float32Array)
    expect(tensors.size).toBe(14)
    const largest: string[] = []
    for (const [name, values] of tensors) {
      const distance = answers.distance(name, values, answers.case.limits.activation)
      expect(distance.largest, name).toBeLessThan(tolerance)
      expect(distance.norm / Math.sqrt(values.length), name).toBeLessThan(tolerance)
      largest.push(`${name} ${distance.largest.toExponential(1)}`)
    }
    const memory = `${Math.round(process.resourceUsage().maxRSS / 1024)} MiB at most`
    const times = `${Math.round(created - started)} ms to create, ${Math.round(ran - created)} ms to load and run`
    await annotate(`largest: ${largest.join(', ')}; ${times}, ${memory}`)
  })
})
