import { ConfigError, didYouMean } from '../core/errors.ts'
import type { ParameterSpec } from './architecture.ts'
import { type LoraConfig, loraA, loraB } from './lora.ts'

/**
 * An encoder's parameters with those of its adapters behind the layers that they are for; the others are frozen.
 * @param parameters under their full names
 * @throws ConfigError for a target that is no linear layer of the encoder, or a module that it has not, with the nearest name
 */
export function adaptedParameters(
  parameters: readonly ParameterSpec[],
  { rank, targets, modulesToSave }: LoraConfig,
): ParameterSpec[] {
  const modules = new Set(parameters.flatMap(({ name }) => modulesAbove(name)))
  for (const module of modulesToSave) requireName(module, modules, 'modulesToSave', 'module')
  const layers = new Set(parameters.flatMap(({ name, isLinear }) => (isLinear ? [moduleOf(name)] : [])))
  for (const target of targets) requireName(target, layers, 'targets', 'linear layer')
  const isSaved = (module: string) => modulesToSave.some((name) => `.${module}.`.includes(`.${name}.`))
  const adapters = new Set(
    [...layers].filter((layer) => targets.some((name) => endsIn(layer, name)) && !isSaved(layer)),
  )
  if (adapters.size === 0) {
    throw new ConfigError(
      'LORA',
      `lora: all layers that targets names are trained as a whole, as modulesToSave says: take one of ${targets.join(', ')} out`,
    )
  }
  return parameters.flatMap((spec): ParameterSpec[] => {
    const module = moduleOf(spec.name)
    const own = isSaved(module) ? spec : { ...spec, isFrozen: true }
    if (!spec.isLinear || !adapters.has(module)) return [own]
    const [outputs, inputs] = spec.shape
    if (rank > Math.min(outputs, inputs)) {
      throw new ConfigError(
        'LORA',
        `lora: rank must be at most ${Math.min(outputs, inputs)}, the smaller side of ${spec.name}, not ${rank}`,
      )
    }
    return [
      own,
      { name: `${module}.${loraA}`, shape: [rank, inputs], init: 'kaiming' },
      { name: `${module}.${loraB}`, shape: [outputs, rank], init: 'zeros' },
    ]
  })
}

const moduleOf = (parameter: string): string => parameter.slice(0, parameter.lastIndexOf('.'))

/** `a.b`, `a` for a parameter `a.b.c`. */
const modulesAbove = (parameter: string): string[] =>
  parameter
    .split('.')
    .slice(0, -1)
    .map((_, i, parts) => parts.slice(0, i + 1).join('.'))

/** Whether a name's last parts are these. */
const endsIn = (name: string, parts: string): boolean => `.${name}`.endsWith(`.${parts}`)

function requireName(name: string, known: ReadonlySet<string>, setting: keyof LoraConfig, kind: string): void {
  const all = [...known]
  if (all.some((each) => endsIn(each, name))) return
  const ends = [...new Set(all.map((each) => each.slice(each.lastIndexOf('.') + 1)))].filter(
    (end) => !/^\d+$/.test(end),
  )
  // The nearest of all names that would do: each run of a module's last parts.
  const runs = new Set(all.flatMap((each) => each.split('.').map((_, i, parts) => parts.slice(i).join('.'))))
  throw new ConfigError(
    'LORA',
    `lora: ${setting}: "${name}" is no ${kind} of the encoder${didYouMean(name, runs)} (their names end in ${ends.join(', ')})`,
  )
}
