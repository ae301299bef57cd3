/**
 * A program that takes one step when its process may have only so much more memory: the engine's own allocations fail. Prints a
 * JSON object. Run by short-memory.test.ts, since such a limit holds for a whole process.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { formulaBatch } from '../../../test/formula.ts'
import { oddModel, oddSizes } from '../../../test/odd-model.ts'
import { sequenceClassification } from '../../models/heads/sequence-classification.ts'
import type { TrainingSession } from '../../models/training-session.ts'
import { stepWithinMemory } from '../micro-batches.ts'
import { Sgd } from '../optimizers/sgd.ts'

/** The attention of a whole batch takes some 230 MiB. */
const spare = 200 * 2 ** 20
const length = 512
const config = { maxPositionEmbeddings: length, numHiddenLayers: 1 }
const model = await oddModel(sequenceClassification, { config })
const batchOf = (size: number) =>
  formulaBatch(Array(size).fill(length), oddSizes.vocabSize, oddSizes.labels.length).classification
// A learning rate of 0, so that the same gradients can be asked for again.
const session = await model.compile({ optimizer: new Sgd({ learningRate: 0 }), accumulate: true, dropout: false })
await session.gradients(batchOf(1)) // all code is loaded
const used = Number(/VmSize:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024
const limitMemory = (limit: number | 'unlimited') =>
  execFileSync('prlimit', ['--pid', String(process.pid), `--as=${limit}:`])
const messages: string[] = []
const state = { parts: 1 }
limitMemory(used + spare)
const { loss, gradNorm } = await stepWithinMemory(
  session as unknown as TrainingSession,
  [batchOf(24)],
  {},
  state,
  async (message) => void messages.push(message),
)
limitMemory('unlimited')
const whole = await session.gradients(batchOf(24))
console.log(
  JSON.stringify({
    short: { loss, gradNorm },
    whole: { loss: whole.loss, gradNorm: whole.gradNorm },
    messages,
    parts: state.parts,
  }),
)
await model.close()
