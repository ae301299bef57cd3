/**
 * Ways to train the same model against each other, round by round on the same batches: `npx tsx bench/variants.ts [CASE…]`.
 * `frozen`: the embeddings and the lower half of the layers are not trained. `recompute`: layers are computed again in the backward
 * pass. `lora`: adapters of rank 8 on query and value in place of the weights. Times are of whole steps; memory is what a process
 * takes at its peak beyond what it holds after a step on two tokens: activations and their gradients. A process has one peak, so
 * memory is measured in several pairs of processes.
 */
import { parseArgs } from 'node:util'
import { denseBatches } from './batches.ts'
import { baseSizes } from './classifier.ts'
import { count } from './flags.ts'
import { machine } from './machine.ts'
import type { Missing, StepAnswer, StepBatch, StepReady, StepSetup } from './protocol.ts'
import { Side } from './side.ts'
import { type Summary, summarize } from './statistics.ts'

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
    processes: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '2' },
    threads: { type: 'string', default: '2' },
  },
})
const settings = {
  layers: count('--layers', values.layers, 2),
  batchSize: count('--batch-size', values['batch-size'], 1),
  /** Pairs of processes. */
  processes: count('--processes', values.processes, 1),
  /** Counted steps of each. */
  rounds: count('--rounds', values.rounds, 1),
  threads: count('--threads', values.threads, 1),
}
const names = positionals.length > 0 ? positionals : Object.keys(cases)
const unknown = names.find((name) => !Object.hasOwn(cases, name))
if (unknown) throw new Error(`there is no case "${unknown}"; there are ${Object.keys(cases).join(', ')}`)

const ending = new AbortController()
const plain: StepSetup = {
  task: 'sequence-classification',
  config: baseSizes(settings.layers),
  threads: settings.threads,
}
const smallest: StepBatch = { ids: [[101, 102]], labels: [0] }

/** What one process did. */
interface Measured {
  parameters: number
  /** Of them, how many. */
  trained: number
  /** What it holds beside activations: weights, gradients, moments, the process itself. */
  restBytes: number
  seconds: number[]
  /** NaN if loading the model took more, so that they do not show. */
  activationBytes: number
}

/** Starts a side and takes a step on two tokens, after which all but activations is in memory. */
async function open(label: string, setup: StepSetup) {
  const side = Side.startScript(label, 'bertsmith-step.ts', ending.signal)
  const { parameters, trained } = (await side.ask<StepReady>(setup)) as Exclude<StepReady, Missing>
  const { residentBytes, peakBytes } = await side.ask<StepAnswer>(smallest)
  const restBytes = residentBytes!
  return { ...{ side, parameters, trained, restBytes, firstPeak: peakBytes }, answers: [] as StepAnswer[] }
}

/** Runs a plain process and one of the variant, step by step in turn. */
async function measurePair(name: string, pair: number): Promise<Measured[]> {
  const { batches } = denseBatches(settings.rounds + 1, settings.batchSize)
  const sides = [await open('plain', plain), await open(name, { ...plain, ...cases[name].variant(settings.layers) })]
  for (const [round, batch] of batches.entries()) {
    // The first round warms up; every other one goes the other way round.
    for (const each of (round + pair) % 2 === 0 ? sides : sides.toReversed())
      each.answers.push(await each.side.ask<StepAnswer>(batch))
    const times = sides.map(({ answers }) => answers[round].seconds.toFixed(2)).join(' and ')
    console.error(`${name}, processes ${pair + 1}, ${round === 0 ? 'warm-up' : `round ${round}`}: ${times} s`)
  }
  const measured = sides.map(({ parameters, trained, restBytes, firstPeak, answers }) => {
    const { peakBytes } = answers.at(-1)!
    return {
      ...{ parameters, trained: trained ?? parameters, restBytes },
      seconds: answers.slice(1).map(({ seconds }) => seconds),
      activationBytes: peakBytes > firstPeak ? peakBytes - restBytes : Number.NaN,
    }
  })
  for (const { side } of sides) await side.close()
  return measured
}

/** Measures a case. @returns whether it keeps what is promised */
async function run(name: string): Promise<boolean> {
  const pairs: Measured[][] = []
  for (let pair = 0; pair < settings.processes; pair++) pairs.push(await measurePair(name, pair))
  const ofSide = (side: number) => ({
    parameters: pairs[0][side].parameters,
    trained: pairs[0][side].trained,
    restBytes: summarize(pairs.map((pair) => pair[side].restBytes)),
    seconds: summarize(pairs.flatMap((pair) => pair[side].seconds)),
    activationBytes: summarize(pairs.map((pair) => pair[side].activationBytes)),
  })
  const [base, variant] = [ofSide(0), ofSide(1)]
  const speedup = summarize(base.seconds.values.map((seconds, i) => seconds / variant.seconds.values[i]))
  const memory = summarize(base.activationBytes.values.map((bytes, i) => variant.activationBytes.values[i] / bytes))
  const about = { case: name, date: new Date().toISOString(), machine: machine(), settings }
  console.log(JSON.stringify({ ...about, base, variant, speedup, memory }))
  const mebibytes = ({ median }: Summary) => `${Math.round(median / 2 ** 20)} MiB`
  for (const [label, side] of [['plain', base] as const, [name, variant] as const]) {
    console.error(
      `${label}: ${side.seconds.median.toFixed(3)} s a step, ${mebibytes(side.activationBytes)} of activations, ` +
        `${mebibytes(side.restBytes)} besides; trains ${side.trained} of ${side.parameters} parameters`,
    )
  }
  const { leastSpeedup, largestMemory } = cases[name]
  const wanted = (text: string, promise: number | undefined) =>
    promise === undefined ? '' : `; promised: ${text} ${promise}`
  console.error(`${name}: ${range(speedup)} times as fast${wanted('at least', leastSpeedup)}`)
  console.error(`${name}: ${range(memory)} of the memory for activations${wanted('at most', largestMemory)}`)
  const isFast = leastSpeedup === undefined || speedup.median >= leastSpeedup
  return isFast && (largestMemory === undefined || memory.median <= largestMemory)
}

const range = ({ median, min, max }: Summary) => `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`

try {
  for (const name of names) if (!(await run(name))) process.exitCode = 1
} finally {
  ending.abort()
}
