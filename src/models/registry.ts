import { ConfigError, didYouMean } from '../core/errors.ts'
import type { Architecture, Head } from './architecture.ts'
import { bert } from './bert.ts'
import { electra } from './electra.ts'
import { maskedLm } from './heads/masked-lm.ts'
import { multipleChoice } from './heads/multiple-choice.ts'
import { nextSentence } from './heads/next-sentence.ts'
import { pretraining } from './heads/pretraining.ts'
import { questionAnswering } from './heads/question-answering.ts'
import { discriminator } from './heads/replaced-token-detection.ts'
import { sequenceClassification } from './heads/sequence-classification.ts'
import { tokenClassification } from './heads/token-classification.ts'

/** Every architecture, one line each; found by `model_type` in config.json. */
const architectures = [bert, electra] as unknown as readonly Architecture[]

/** Every head, one line each; found by its task. */
const heads: readonly Head[] = [
  sequenceClassification,
  tokenClassification,
  questionAnswering,
  multipleChoice,
  nextSentence,
  maskedLm,
  pretraining,
  discriminator,
]

/** @throws ConfigError listing the architectures that there are */
export function findArchitecture(modelType: string | null, where: string): Architecture {
  const found = architectures.find((architecture) => architecture.modelType === modelType)
  if (found) return found
  const known = architectures.map((architecture) => architecture.modelType)
  const guess = modelType === null ? '' : didYouMean(modelType, known)
  throw new ConfigError(
    'MODEL_TYPE',
    `${where}: model_type ${JSON.stringify(modelType)} is not supported${guess} (supported: ${known.join(', ')})`,
  )
}

/** @param modelType the architecture that it is for @throws ConfigError listing the tasks that there are */
export function findHead(task: string, modelType: string): Head {
  const fitting = heads.filter(({ modelTypes }) => modelTypes === undefined || modelTypes.includes(modelType))
  const found = fitting.find((head) => head.task === task)
  if (found) return found
  const known = fitting.map((head) => head.task)
  if (heads.some((head) => head.task === task)) {
    throw new ConfigError('TASK', `a ${modelType} model has no head for "${task}" (it has: ${known.join(', ')})`)
  }
  throw new ConfigError('TASK', `unknown task "${task}"${didYouMean(task, known)} (known: ${known.join(', ')})`)
}

/**
 * The head that a class name in config.json's `architectures` stands for, e.g. `BertForMaskedLM`; undefined for others.
 * @param modelType the architecture: `ForPreTraining` is another head in another one
 */
export function headOfClass(className: string | undefined, modelType: string): Head | undefined {
  return heads.find(
    ({ classSuffix, modelTypes }) =>
      className?.endsWith(classSuffix) && (modelTypes === undefined || modelTypes.includes(modelType)),
  )
}
