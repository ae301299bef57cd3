/** bertsmith's side of the training-step benchmark; the same protocol as pytorch_step.py. */
import { createInterface } from 'node:readline'
import { collateClassification } from '../src/data/collator.ts'
import { bert } from '../src/models/bert.ts'
import { bertConfig } from '../src/models/bert-config.ts'
import { sequenceClassification } from '../src/models/heads/sequence-classification.ts'
import { EncoderModel } from '../src/models/model.ts'
import { createEngine } from '../src/runtime/node/engine.ts'
import { AdamW } from '../src/training/optimizers/adamw.ts'

interface Setup {
  config: Record<string, number>
  threads: number
  profile?: boolean
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const setup = JSON.parse((await lines.next()).value) as Setup
const { config } = setup
const definition = {
  architecture: bert,
  config: bertConfig({
    vocabSize: config.vocab_size,
    hiddenSize: config.hidden_size,
    numHiddenLayers: config.num_hidden_layers,
    numAttentionHeads: config.num_attention_heads,
    intermediateSize: config.intermediate_size,
  }),
  head: sequenceClassification,
}
const model = await EncoderModel.create(definition, createEngine, { threads: setup.threads })
const optimizer = new AdamW({ learningRate: 1e-5, weightDecay: 0.01 })
const training = await model.compile({ optimizer, profile: setup.profile })
console.log(JSON.stringify({ node: process.version }))

for await (const line of { [Symbol.asyncIterator]: () => lines }) {
  if (line === 'profile') {
    console.log(JSON.stringify(await training.profile()))
    continue
  }
  const { ids, types, labels } = JSON.parse(line) as { ids: number[][]; types: number[][]; labels: number[] }
  const start = performance.now()
  const batch = collateClassification(
    ids.map((row, i) => ({ ids: Int32Array.from(row), typeIds: Int32Array.from(types[i]), labelId: labels[i] })),
  )
  const { loss } = await training.step(batch)
  const seconds = (performance.now() - start) / 1000
  console.log(JSON.stringify({ seconds, loss, peakBytes: process.resourceUsage().maxRSS * 1024 }))
}
await model.close()
