/** Replaced token detection (Clark et al. 2020): a generator fills masks in, a discriminator finds what it filled in wrongly. */
import type { Value } from '../../graph/graph.ts'
import { add, mul, scale, sign, sub } from '../../graph/ops/elementwise.ts'
import { reshape } from '../../graph/ops/reduce.ts'
import { replaceAt, sampleColumn } from '../../graph/ops/sampling.ts'
import { cast } from '../../graph/ops/shape-ops.ts'
import type { Head, ParameterSpec } from '../architecture.ts'
import type { BatchInputs } from '../batch-inputs.ts'
import { bodyParameters, electra, encodeBody, languageModelHead } from '../electra.ts'
import type { ElectraConfig } from '../electra-config.ts'
import { activation, linearLayer, linearParameters } from '../layers.ts'
import { binaryCrossEntropy, crossEntropy } from '../losses.ts'
import type { ModelScope } from '../model-scope.ts'
import { embedTokens } from '../transformer-encoder.ts'

/** In front of the generator's own parameters, also in files, where the discriminator alone passes over them. */
const generatorPrefix = 'generator.'

/** The discriminator alone, as `ElectraForPreTraining`: a logit a token, above 0 where it looks replaced. */
export const discriminator: Head = {
  task: 'replaced-token-detection',
  modelTypes: ['electra'],
  classSuffix: 'ForPreTraining',
  parameters: (_architecture, config) => [
    ...linearParameters('discriminator_predictions.dense', config.hiddenSize, config.hiddenSize),
    ...linearParameters('discriminator_predictions.dense_prediction', config.hiddenSize, 1),
  ],
  build: (scope, _architecture, config, hidden) => ({ logits: replacedLogits(scope, config as ElectraConfig, hidden) }),
}

/**
 * Discriminator and generator together: L = L_MLM(generator) + weight L_RTD(discriminator), the first a mean over masked
 * positions, the second over all tokens. No gradient goes through what was drawn.
 *
 * @param generator see `generatorConfig`
 * @param weight of the discriminator's loss; 50 in the paper
 */
export function replacedTokenDetection(generator: ElectraConfig, weight = 50): Head {
  return {
    ...discriminator,
    labelsAreTokens: true,
    withVocabulary: (vocabSize) => replacedTokenDetection({ ...generator, vocabSize }, weight),
    parameters: (architecture, config) => [
      ...discriminator.parameters(architecture, config),
      ...generatorParameters(generator),
    ],
    before: (scope, _architecture, _config, batch) => replaceTokens(scope, generator, batch),
    build: (scope, _architecture, config, hidden, batch, before) => {
      const logits = replacedLogits(scope, config as ElectraConfig, hidden) // [N, 1]
      const { generatorLogits, replaced } = before as Replacement
      const loss = () =>
        add(
          crossEntropy(generatorLogits, batch.labels('masked'), batch.lossScale()),
          scale(binaryCrossEntropy(logits, replaced, batch.lossScale('tokens')), weight),
        )
      return { logits, loss }
    },
  }
}

function generatorParameters(config: ElectraConfig): ParameterSpec[] {
  const body = bodyParameters(config).map((spec) => ({ ...spec, name: `electra.${spec.name}` }))
  const head = electra.languageModelHead.parameters(config)
  return [...body, ...head].map((spec) => ({ ...spec, name: `${generatorPrefix}${spec.name}` }))
}

interface Replacement {
  /** The batch with the generator's tokens in it. */
  batch: BatchInputs
  /** [M, V] */
  generatorLogits: Value
  /** 1 where a token is not the original: [N, 1] */
  replaced: Value
}

function replaceTokens(scope: ModelScope, config: ElectraConfig, batch: BatchInputs): Replacement {
  const embedded = scope.at('electra', (s) => embedTokens(s, config, batch)) // [N, E]
  const { hidden, own } = scope.at('generator', (s) => ({
    hidden: s.at('electra', (body) => encodeBody(body, config, batch, embedded, batch.maskedRows())).last, // [M, H]
    own: s,
  }))
  const generatorLogits = languageModelHead(scope, own, config, hidden) // [M, V]
  const drawn = sampleColumn(generatorLogits, batch.uniform()) // [M]
  const ids = replaceAt(batch.ids, batch.maskedRows(), drawn) // [N]
  const original = replaceAt(batch.ids, batch.maskedRows(), batch.labels('masked')) // [N]
  const differs = sign(sub(cast(ids, embedded.dtype), cast(original, embedded.dtype)))
  return { batch: { ...batch, ids }, generatorLogits, replaced: reshape(mul(differs, differs), ['tokens', 1]) }
}

/** hidden: [N, H] -> [N, 1] */
function replacedLogits(scope: ModelScope, config: ElectraConfig, hidden: Value): Value {
  return scope.at('discriminator_predictions', (s) =>
    linearLayer(s, 'dense_prediction', activation(config.hiddenAct)(linearLayer(s, 'dense', hidden))),
  )
}
