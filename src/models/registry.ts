import { ConfigError, didYouMean } from '../core/errors.ts'
import type { Architecture, Head } from './architecture.ts'
import { bert } from './bert.ts'
import { maskedLm } from './heads/masked-lm.ts'
import { pretraining } from './heads/pretraining.ts'
import { sequenceClassification } from './heads/sequence-classification.ts'

/** Every architecture, one line each; found by `model_type` in config.json. */
const architectures: readonly Architecture[] = [bert as unknown as Architecture]

/** Every head, one line each; found by its task. */
const heads: readonly Head[] = [sequenceClassification, maskedLm, pretraining]

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

/** @throws ConfigError listing the tasks that there are */
export function findHead(task: string): Head {
  const found = heads.find((head) => head.task === task)
  if (found) return found
  const known = heads.map((head) => head.task)
  throw new ConfigError('TASK', `unknown task "${task}"${didYouMean(task, known)} (known: ${known.join(', ')})`)
}

/** The head that a class name in config.json's `architectures` stands for, e.g. `BertForMaskedLM`; undefined for others. */
export function headOfClass(className: string | undefined): Head | undefined {
  return heads.find((head) => className?.endsWith(head.classSuffix))
}
