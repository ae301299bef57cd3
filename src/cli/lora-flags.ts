/** How a model is adapted, as flags. */
import { ConfigError } from '../core/errors.ts'
import { type LoraConfig, loraConfig } from '../models/lora.ts'
import type { EncoderModel } from '../models/model.ts'
import type { EncoderStart } from '../training/doctor/settings-context.ts'
import { ADAPTER_FOLDER } from '../training/node/run-folder.ts'
import { type Flags, kebabCase, type ValuesOf } from './command.ts'

export const loraFlags = {
  'lora-rank': {
    type: 'number',
    description: 'Train adapters of this rank (LoRA) and the head, the rest stays as it is; saved merged',
  },
  'lora-alpha': { type: 'number', description: 'Adapters are multiplied by this / rank (default 8)' },
  'lora-targets': {
    type: 'string',
    many: true,
    value: 'LAYER',
    description: 'Linear layers with an adapter, by the last part of their names (default query value)',
  },
  'lora-dropout': { type: 'number', description: 'Dropout on what goes into adapters (default 0)' },
  'lora-rs': { type: 'boolean', description: 'Rank-stabilised: multiply by alpha / sqrt(rank)' },
  'lora-modules-to-save': {
    type: 'string',
    many: true,
    value: 'MODULE',
    description: 'Modules of the encoder that are trained as a whole, such as LayerNorm (default none)',
  },
} as const satisfies Flags

/** Of commands that train. */
export const saveAdapterFlag = {
  type: 'boolean',
  description: `With --lora-rank: also save ${ADAPTER_FOLDER}/, which Python's peft loads`,
} as const

/** The settings by the flags' names in camel case. */
const settings: Readonly<Record<string, keyof LoraConfig>> = {
  loraRank: 'rank',
  loraAlpha: 'alpha',
  loraTargets: 'targets',
  loraDropout: 'dropout',
  loraRs: 'rsLora',
  loraModulesToSave: 'modulesToSave',
}

/**
 * The adapters that the values of flags ask for; undefined if they ask for none.
 * @throws ConfigError under the flag's name, and for flags without `--lora-rank`
 */
export function readLoraFlags(values: ValuesOf<typeof loraFlags>): Partial<LoraConfig> | undefined {
  const given = Object.entries(settings).filter(([flag]) => values[flag as keyof typeof values] !== undefined)
  if (given.length === 0) return undefined
  if (values.loraRank === undefined) {
    throw new ConfigError('MISSING_FLAG', `--${kebabCase(given[0][0])} needs --lora-rank N, such as 8`)
  }
  const lora = Object.fromEntries(given.map(([flag, name]) => [name, values[flag as keyof typeof values]]))
  try {
    loraConfig(lora)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const asFlag = (name: string) => Object.keys(settings).find((flag) => settings[flag] === name)
    const message = error.message.replace(/^lora: (\w+)/, (_, name) => `--${kebabCase(asFlag(name) ?? name)}`)
    throw new ConfigError(error.code, message, { cause: error })
  }
  return lora
}

/** @throws ConfigError if there is no adapter to save */
export function readSaveAdapter({ saveAdapter = false }: { readonly saveAdapter?: boolean }, lora: unknown): boolean {
  if (saveAdapter && !lora) throw new ConfigError('MISSING_FLAG', '--save-adapter needs --lora-rank N, such as 8')
  return saveAdapter
}

/** What a training starts from, and whether it trains adapters. */
interface AdaptationValues extends ValuesOf<typeof loraFlags> {
  readonly size?: string
  readonly saveAdapter?: boolean
}

/**
 * How a training adapts its model, and whether the adapter is saved as well.
 * @throws ConfigError `LORA` for adapters on random weights; as `readLoraFlags` and `readSaveAdapter`
 */
export function readAdaptation(values: AdaptationValues): { lora?: Partial<LoraConfig>; saveAdapter: boolean } {
  const lora = readLoraFlags(values)
  const saveAdapter = readSaveAdapter(values, lora)
  if (lora && values.size !== undefined) {
    throw new ConfigError(
      'LORA',
      '--lora-rank puts adapters on a trained model, which stays as it is: give --model DIR, not --size',
    )
  }
  return { lora, saveAdapter }
}

/** What the weights of a training's encoder are at its start, as the doctor asks. @throws as `readLoraFlags` */
export function encoderStart(values: AdaptationValues): EncoderStart {
  if (readLoraFlags(values)) return 'adapted'
  return values.size === undefined ? 'trained' : 'random'
}

/** `1,234 parameters`, and which share of them is trained if that is not all. */
export function parameterText({ parameterCount, trainableParameterCount }: EncoderModel): string {
  const count = (value: number) => value.toLocaleString('en-US')
  const all = `${count(parameterCount)} parameters`
  if (trainableParameterCount === parameterCount) return all
  const share = ((100 * trainableParameterCount) / parameterCount).toPrecision(2)
  return `${all}, of which ${count(trainableParameterCount)} are trained (${share} %)`
}
