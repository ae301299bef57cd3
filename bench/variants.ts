/**
 * Ways to train the same model against each other, round by round on the same batches: `npx tsx bench/variants.ts CASE`.
 * `frozen`: the embeddings and the lower half of the layers are not trained. `recompute`: layers are computed again in the backward
 * pass. `lora`: adapters of rank 8 on query and value in place of the weights. Times are of whole steps; memory is what the
 * process takes at its peak beyond what it holds after a step on two tokens: activations and their gradients.
 */
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { denseBatches } from './batches.ts'
import { baseSizes } from './classifier.ts'
import type { Missing, StepAnswer, StepBatch, StepReady, StepSetup } from './protocol.ts'
import { Side } from './side.ts'
import { median, summarize } from './statistics.ts'

type Variant = Pick<StepSetup, 'freeze' | 'recompute' | 'lora'>

interface Case {
  /** Changes to a plain step. */
  variant(layers: number): Variant
  /** What is promised: the least ratio of the plain step's time to this one's, the largest of this one's memory to the plain one's. */
  leastSpeedup?: number
  largestMemory?: number
}

const cases: Record<string, Case> = {
  frozen: {
    variant: (layers) => ({ freeze: ['embeddings', ...Array.from({ length: layers / 2 }, (_, i) => `layer.${i}`)] }),
    leastSpeedup: 1.6,
  },
  recompute: { variant: () => ({ recompute: true }), largestMemory: 0.6 },
  lora: { variant: () => ({ lora: { rank: 8, alpha: 16 } }), leastSpeedup: 1.2 },
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    layers: { type: 'string', default: '12' },
    'batch-size': { type: 'string', default: '32' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
  },
})
const [layers, batchSize, rounds, threads] = [values.layers, values['batch-size'], values.rounds, values.threads].map(
  Number,
)
const [name] = positionals
const chosen = cases[name]
if (!chosen) throw new Error(`name one of the cases ${Object.keys(cases).join(', ')}`)

const ending = new AbortController()
const plain: StepSetup = { task: 'sequence-classification', config: baseSizes(layers), threads }
const smallest: StepBatch = { ids: [[101, 102]], labels: [0] }

/** Starts a side and takes a step on two tokens, after which all but activations is in memory. */
async function open(label: string, setup: StepSetup) {
  const side = Side.startScript(label, 'bertsmith-step.ts', ending.signal)
  const { parameters, trained } = (await side.ask<StepReady>(setup)) as Exclude<StepReady, Missing>
  const { residentBytes } = await side.ask<StepAnswer>(smallest)
  return { side, parameters, trained, restBytes: residentBytes!, answers: [] as StepAnswer[] }
}

try {
  const { batches } = denseBatches(rounds + 1, batchSize)
  const sides = [await open('plain', plain), await open(name, { ...plain, ...chosen.variant(layers) })]
  for (const [round, batch] of batches.entries()) {
    // The first round warms up; every other one goes the other way round.
    for (const each of round % 2 === 0 ? sides : sides.toReversed())
      each.answers.push(await each.side.ask<StepAnswer>(batch))
    console.error(`round ${round}: ${sides.map(({ answers }) => answers[round].seconds.toFixed(2)).join(' and ')} s`)
  }
  const [base, variant] = sides.map(({ side, parameters, trained, restBytes, answers }) => ({
    name: side.name,
    parameters,
    trained,
    seconds: summarize(answers.slice(1).map(({ seconds }) => seconds)),
    restBytes,
    activationBytes: answers.at(-1)!.peakBytes - restBytes,
  }))
  const speedup = summarize(base.seconds.values.map((seconds, round) => seconds / variant.seconds.values[round]))
  const memory = variant.activationBytes / base.activationBytes
  for (const each of sides) await each.side.close()
  const machine = { cpu: cpus()[0]?.model, processors: availableParallelism(), loadAverage: loadavg()[0] }
  const settings = { layers, batchSize, threads, rounds }
  console.log(
    JSON.stringify({ case: name, date: new Date().toISOString(), machine, settings, base, variant, speedup, memory }),
  )
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`
  for (const { name, seconds, restBytes, activationBytes } of [base, variant]) {
    console.error(
      `${name}: ${seconds.median.toFixed(3)} s a step, ${mebibytes(activationBytes)} beyond ${mebibytes(restBytes)}`,
    )
  }
  console.error(
    `${name}: ${median(speedup.values).toFixed(2)} x as fast (${speedup.min.toFixed(2)} to ${speedup.max.toFixed(2)})`,
  )
  console.error(`${name}: ${(100 * (1 - memory)).toFixed(0)} % less memory for activations`)
  const { leastSpeedup = 0, largestMemory = Number.POSITIVE_INFINITY } = chosen
  if (speedup.median < leastSpeedup || memory > largestMemory) process.exitCode = 1
} finally {
  ending.abort()
}
