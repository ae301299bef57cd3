/**
 * Low-rank adaptation (Hu et al. 2021, "LoRA: Low-rank adaptation of large language models", arXiv 2106.09685): the weights W of
 * an encoder's linear layers stay as they are, and what is trained is a product of two narrow matrices beside them,
 * y = x W^T + b + scaling (x A^T) B^T. Names and meaning are those of Python's peft.
 */
import { ConfigError, didYouMean } from '../core/errors.ts'

/** How a model is adapted. */
export interface LoraConfig {
  /** The inner size r of the two matrices, A: [r, in] and B: [out, r]; a whole number of at least 1; default 8. */
  readonly rank: number
  /** What B A is multiplied by, times the rank: scaling = alpha / rank; above 0; default 8. */
  readonly alpha: number
  /**
   * Linear layers of the encoder that get an adapter, by the last part or parts of their names, such as `query` or
   * `attention.output.dense`; default `query` and `value`.
   */
  readonly targets: readonly string[]
  /** Probability of dropout on what goes into A, from 0 to below 1; default 0. */
  readonly dropout: number
  /** Whether scaling = alpha / sqrt(rank), as rank-stabilised LoRA has it (Kalajdzievski 2023, arXiv 2312.03732); default false. */
  readonly rsLora: boolean
  /**
   * Modules of the encoder that are trained and saved as a whole, by the last part or parts of their names, such as
   * `LayerNorm`; head and pooler always are; default none.
   */
  readonly modulesToSave: readonly string[]
  /** Name or folder of the model under the adapter, which adapter_config.json tells; null (default) if it is not known. */
  readonly base: string | null
}

/** Every setting with its default, as in peft. */
const loraDefaults: Readonly<LoraConfig> = {
  rank: 8,
  alpha: 8,
  targets: ['query', 'value'],
  dropout: 0,
  rsLora: false,
  modulesToSave: [],
  base: null,
}

/**
 * Completes settings with defaults and checks what needs no model.
 * @param where they stand, for messages
 * @throws ConfigError naming the setting
 */
export function loraConfig(settings: Partial<LoraConfig>, where = 'lora'): LoraConfig {
  for (const key of Object.keys(settings)) {
    if (key in loraDefaults) continue
    throw new ConfigError('LORA', `${where}: unknown setting "${key}"${didYouMean(key, Object.keys(loraDefaults))}`)
  }
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
  const config: LoraConfig = { ...loraDefaults, ...given }
  const { rank, alpha, targets, dropout, rsLora, modulesToSave } = config
  const fail = (key: keyof LoraConfig, expected: string) => {
    const value = config[key]
    const text = typeof value === 'number' ? value : JSON.stringify(value) // which has no NaN
    return new ConfigError('LORA', `${where}: ${key} must be ${expected}, not ${text}`)
  }
  if (!Number.isInteger(rank) || rank < 1) throw fail('rank', 'a whole number of at least 1')
  if (!(alpha > 0 && alpha < Number.POSITIVE_INFINITY)) throw fail('alpha', 'a number above 0')
  if (!isNames(targets) || targets.length === 0) throw fail('targets', "names of layers such as ['query', 'value']")
  if (!(dropout >= 0 && dropout < 1)) throw fail('dropout', 'at least 0 and below 1')
  if (typeof rsLora !== 'boolean') throw fail('rsLora', 'true or false')
  if (!isNames(modulesToSave)) throw fail('modulesToSave', "names of modules such as ['LayerNorm']")
  return config
}

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '')

/** What the product of the two matrices is multiplied by. */
export const loraScaling = ({ rank, alpha, rsLora }: LoraConfig): number => alpha / (rsLora ? Math.sqrt(rank) : rank)

/** Behind a linear layer's name, the parameters of its adapter: A [rank, in] and B [out, rank]. */
export const loraA = 'lora_A.weight'
export const loraB = 'lora_B.weight'

/** Whether a parameter is an adapter's, by its name. */
export const isLoraParameter = (name: string): boolean => name.endsWith(`.${loraA}`) || name.endsWith(`.${loraB}`)

/**
 * W + scaling B A: the weights of a plain layer that computes what the adapted one does.
 * @param weight W: [out, in] @param a [rank, in] @param b [out, rank]
 */
export function mergeWeights(weight: Float32Array, a: Float32Array, b: Float32Array, lora: LoraConfig): Float32Array {
  const { rank } = lora
  const scaling = loraScaling(lora)
  const inputs = a.length / rank
  const merged = new Float32Array(weight.length)
  const row = new Float64Array(inputs)
  for (let out = 0, start = 0; start < weight.length; out++, start += inputs) {
    row.fill(0)
    for (let k = 0; k < rank; k++) {
      const factor = b[out * rank + k]
      for (let i = 0; i < inputs; i++) row[i] += factor * a[k * inputs + i]
    }
    for (let i = 0; i < inputs; i++) merged[start + i] = weight[start + i] + scaling * row[i]
  }
  return merged
}
