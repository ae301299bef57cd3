import { ConfigError, didYouMean } from '../../core/errors.ts'
import { type TrainingArguments, trainingDefaults, wholeFrom } from '../training-arguments.ts'

/** A range of numbers, both ends included; whole numbers for arguments that are whole, and for `epochs`. */
export interface SearchRange {
  readonly low: number
  readonly high: number
  /** Draw uniformly by the logarithm, so that each power of ten gets as many trials; `low` is above 0. Default false. */
  readonly log?: boolean
}

/** What a training argument may be: one of some values, or a number of a range. */
export type SearchDimension<Value = unknown> = readonly Value[] | SearchRange

/** The training arguments that a search varies. */
export type SearchSpace = { readonly [Name in keyof TrainingArguments]?: SearchDimension<TrainingArguments[Name]> }

/** The settings of a trial: a value for each argument of the space. */
export type TrialSettings = Partial<TrainingArguments>

export type SearchMethod = 'grid' | 'random' | 'asha'
export const searchMethods: readonly SearchMethod[] = ['grid', 'random', 'asha']

const wholeArguments = new Set<string>([
  ...Object.keys(wholeFrom),
  ...(['epochs', 'maxSteps', 'dataSeed', 'gradualUnfreezingSteps', 'reinitializeLayers'] as const),
])

/** What tells which trial is the best must be the same for all. */
const commonToAll: readonly string[] = ['metricForBestModel', 'greaterIsBetter']

export const isRange = (dimension: SearchDimension): dimension is SearchRange => !Array.isArray(dimension)

/** Whether the numbers of a range are whole. */
export const isWhole = (name: string): boolean => wholeArguments.has(name)

/** The dimensions of a space by name, in their order. */
export const dimensionsOf = (space: SearchSpace): [string, SearchDimension][] => Object.entries(space)

/**
 * Checks a space as far as that needs no other settings.
 * @throws ConfigError `UNKNOWN_ARGUMENT` naming the nearest argument, or `SPACE`
 */
export function checkSpace(space: SearchSpace, method: SearchMethod): void {
  if (!searchMethods.includes(method)) {
    const guess = didYouMean(method, searchMethods)
    throw new ConfigError('METHOD', `unknown search method "${method}"${guess} (known: ${searchMethods.join(', ')})`)
  }
  if (Object.keys(space).length === 0) {
    throw fail('a search needs something to vary, such as learning-rate=log:1e-5..1e-3')
  }
  for (const [name, dimension] of dimensionsOf(space)) {
    if (!Object.hasOwn(trainingDefaults, name)) {
      const guess = didYouMean(name, Object.keys(trainingDefaults))
      throw new ConfigError('UNKNOWN_ARGUMENT', `unknown training argument "${name}" in the space${guess}`)
    }
    if (commonToAll.includes(name)) throw fail(`${name} is the same for all trials: give it beside the space`)
    if (method === 'asha' && (name === 'epochs' || name === 'maxSteps')) {
      throw fail(`asha decides how long trials train, so ${name} cannot be in the space: take random or grid for that`)
    }
    if (isRange(dimension)) checkRange(name, dimension, method)
    else checkValues(name, dimension)
  }
}

function checkRange(name: string, range: SearchRange, method: SearchMethod): void {
  const { low, high, log = false } = range
  const known = ['low', 'high', 'log']
  for (const key of Object.keys(range)) {
    if (!known.includes(key)) throw fail(`${name}: unknown key "${key}"${didYouMean(key, known)}`)
  }
  if (typeof trainingDefaults[name as keyof TrainingArguments] !== 'number' && name !== 'dataSeed') {
    throw fail(`${name} is no number, so it has no range: list its values`)
  }
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw fail(`${name}: a range goes from a number to a greater one, not from ${low} to ${high}`)
  }
  if (log && low <= 0) throw fail(`${name}: a logarithmic range begins above 0, not at ${low}`)
  if (isWhole(name) && !(Number.isInteger(low) && Number.isInteger(high))) {
    throw fail(`${name} is a whole number, so its range goes from one to another, not from ${low} to ${high}`)
  }
  requireExact(name, [low, high])
  if (method === 'grid') {
    const middle = log ? Math.sqrt(low * high) : (low + high) / 2
    const example = [low, isWhole(name) ? Math.round(middle) : Number(middle.toPrecision(2)), high].join(',')
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    throw fail(
      `a grid needs values, not the range from ${low} to ${high} of ${flag}: list them, such as "--space ${flag}=${example}"`,
    )
  }
}

function checkValues(name: string, values: readonly unknown[]): void {
  if (values.length === 0) throw fail(`${name} has no value to try`)
  requireExact(name, values)
  const texts = values.map((value) => JSON.stringify(value))
  const twice = texts.find((text, i) => texts.indexOf(text) < i)
  if (twice !== undefined) throw fail(`${name} has the value ${twice} twice`)
}

/** Beyond this, doubles do not tell whole numbers apart. @throws ConfigError */
function requireExact(name: string, values: readonly unknown[]): void {
  const wrong = values.find((value) => isWhole(name) && typeof value === 'number' && value > Number.MAX_SAFE_INTEGER)
  if (wrong !== undefined)
    throw fail(`${name} must be a whole number of at most ${Number.MAX_SAFE_INTEGER}, not ${wrong}`)
}

/** How many combinations a space has; infinitely many with a range of numbers that are not whole. */
export function spaceSize(space: SearchSpace): number {
  return dimensionsOf(space).reduce((product, [name, dimension]) => {
    if (!isRange(dimension)) return product * dimension.length
    return isWhole(name) ? product * (dimension.high - dimension.low + 1) : Number.POSITIVE_INFINITY
  }, 1)
}

const fail = (text: string) => new ConfigError('SPACE', text)
