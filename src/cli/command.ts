/** What a command is, and how its flags are read. */
import { ConfigError, didYouMean } from '../core/errors.ts'
import type { ProgressStream } from './progress.ts'

/** A flag of a command. Its value is named in camel case: `--batch-size` becomes `batchSize`. */
export interface Flag {
  readonly type: 'string' | 'number' | 'boolean'
  /** One line for --help. */
  readonly description: string
  /** May be given several times, or with several values behind it. */
  readonly many?: boolean
  readonly required?: boolean
  /** Shown in --help, e.g. `DIR`. */
  readonly value?: string
  /** Named in the documentation, but refused for now. */
  readonly unsupported?: boolean
}

export type FlagValue = string | number | boolean | readonly string[]
export type Flags = Readonly<Record<string, Flag>>
/** Values by camel-case name; absent where a flag was not given. */
export type FlagValues = Record<string, FlagValue | undefined>

type CamelCase<Name> = Name extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : Name
type ValueOf<F extends Flag> = F['many'] extends true
  ? readonly string[]
  : { string: string; number: number; boolean: boolean }[F['type']]
/** The values of these flags, typed. */
export type ValuesOf<F extends Flags> = {
  readonly [Name in keyof F as CamelCase<Name>]: F[Name]['required'] extends true
    ? ValueOf<F[Name]>
    : ValueOf<F[Name]> | undefined
}

/** How far a command is, for the program that started this one. */
export interface ProgressMessage {
  readonly done: number
  readonly total: number
}

/** What a command may use of the process. */
export interface CommandContext {
  /** Prints the result for people on stdout; with `--json` nothing. */
  print(text: string): void
  /** Remarks, on stderr. */
  note(text: string): void
  readonly json: boolean
  /** For progress. */
  readonly stderr: ProgressStream
  /** Tells the program that started this one; nothing if none listens. */
  tell(progress: ProgressMessage): void
  /**
   * Runs work that ends by itself, leaving all in order, when its signal aborts: within it a first Ctrl-C only aborts the
   * signal and shows `remark`. Elsewhere Ctrl-C ends the program.
   */
  stoppable<T>(remark: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>
}

/** A command: a plain object, found by its name. */
export interface Command<F extends Flags = Flags> {
  /** E.g. `finetune` or `tokenizer train`. */
  readonly name: string
  readonly summary: string
  /** Command lines that work. */
  readonly example: string
  /** What stands beside the flags; absent if nothing may. */
  readonly positionals?: {
    readonly name: string
    readonly description: string
    readonly required?: boolean
    readonly many?: boolean
  }
  readonly flags: F
  /** @returns what `--json` prints */
  run(values: ValuesOf<F & typeof commonFlags>, positionals: string[], context: CommandContext): Promise<unknown>
}

/** A command whose `run` gets typed values. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command {
  return command as unknown as Command
}

/** Flags that every command has. */
export const commonFlags = {
  help: { type: 'boolean', description: 'Show this help' },
  json: { type: 'boolean', description: 'Print one JSON object on stdout, nothing else there' },
  config: { type: 'string', value: 'FILE', description: 'YAML or JSON file with the same names; flags win' },
  seed: { type: 'number', value: 'N', description: 'Decides everything random (default 42)' },
  device: { type: 'string', value: 'cpu', description: 'Where to compute: cpu' },
  threads: { type: 'number', value: 'N', description: 'Threads of a matrix product (default: all processors)' },
} as const satisfies Flags

export const camelCase = (flag: string): string => flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
export const kebabCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/**
 * Reads a command line. A flag's value follows it or `=`; `--no-x` is false; a flag with `many` takes all values up to
 * the next flag; behind `--` there are no flags.
 * @throws ConfigError naming an unknown flag and the nearest known one, or a missing or wrong value
 */
export function parseFlags(args: readonly string[], flags: Flags): { values: FlagValues; positionals: string[] } {
  const values: FlagValues = {}
  const positionals: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]
    if (arg === '--') {
      positionals.push(...args.slice(i + 1))
      break
    }
    if (!arg.startsWith('--')) {
      if (/^-[a-zA-Z]/.test(arg)) {
        const hint = arg === '-h' ? 'use --help' : 'flags start with --; put -- in front of texts'
        throw new ConfigError('UNKNOWN_FLAG', `unknown flag ${arg}: ${hint}`)
      }
      positionals.push(arg)
      continue
    }
    const [name, inline] = splitOnce(arg.slice(2), '=')
    const negated = !Object.hasOwn(flags, name) && name.startsWith('no-') && flags[name.slice(3)]?.type === 'boolean'
    const key = negated ? name.slice(3) : name
    if (!Object.hasOwn(flags, key)) {
      const guess = didYouMean(name, Object.keys(flags)).replace(/"([^"]*)"/, '--$1')
      throw new ConfigError('UNKNOWN_FLAG', `unknown flag --${name}${guess || '; --help lists the flags'}`)
    }
    const flag = flags[key]
    if (flag.type === 'boolean') {
      if (inline !== undefined && (negated || !['true', 'false'].includes(inline)))
        throw new ConfigError('FLAG_VALUE', `--${key} is true or false, not "${inline}"`)
      values[camelCase(key)] = !negated && inline !== 'false'
      continue
    }
    const given: string[] = inline === undefined ? [] : [inline]
    while (inline === undefined && (given.length === 0 || flag.many)) {
      const next = args[i + 1]
      if (next === undefined || next.startsWith('--')) break
      given.push(next)
      i++
    }
    if (given.length === 0)
      throw new ConfigError('FLAG_VALUE', `--${name} needs a value${flag.value ? `: --${name} ${flag.value}` : ''}`)
    const property = camelCase(name)
    if (flag.many) values[property] = [...((values[property] as string[]) ?? []), ...given]
    else values[property] = flag.type === 'number' ? toNumber(name, given[0]) : given[0]
  }
  return { values, positionals }
}

/**
 * Reads settings from a config file's content, under the flags' names in kebab or camel case.
 * @throws ConfigError naming an unknown key and the nearest known one, or a value of another type
 */
export function settingsFromFile(settings: unknown, flags: Flags, file: string): FlagValues {
  if (settings === null || typeof settings !== 'object' || Array.isArray(settings)) {
    throw new ConfigError('CONFIG_FILE', `${file} must hold names and values, such as "batchSize: 16"`)
  }
  const { help, config, ...known } = flags
  const values: FlagValues = {}
  for (const [name, value] of Object.entries(settings)) {
    const key = [kebabCase(name), name].find((candidate) => Object.hasOwn(known, candidate))
    if (key === undefined) {
      const guess = didYouMean(name, [...Object.keys(known).map(camelCase), ...Object.keys(known)])
      throw new ConfigError('UNKNOWN_SETTING', `${file}: unknown setting "${name}"${guess}`)
    }
    if (values[camelCase(key)] !== undefined)
      throw new ConfigError('CONFIG_FILE', `${file}: "${camelCase(key)}" is there twice, also as "${key}": remove one`)
    values[camelCase(key)] = settingValue(value, known[key], `${file}: "${name}"`)
  }
  return values
}

function settingValue(value: unknown, flag: Flag, where: string): FlagValue {
  // YAML reads a bare 0 or 2024 as a number where a column or a text is meant.
  const text = (item: unknown) => (typeof item === 'number' ? String(item) : item)
  if (flag.many) {
    const isMapping = flag.value?.includes('=') && typeof value === 'object' && value !== null
    const items = isMapping && !Array.isArray(value) ? pairs(value) : value
    const list = (Array.isArray(items) ? items : [items]).map(text)
    if (list.every((item) => typeof item === 'string')) return list
  } else {
    const found = flag.type === 'string' ? text(value) : value
    if (typeof found === flag.type) return found as FlagValue
  }
  const expected = flag.many ? 'a list of strings' : `a ${flag.type}`
  throw new ConfigError('CONFIG_FILE', `${where} must be ${expected}, not ${JSON.stringify(value)}`)
}

const pairs = (mapping: object): string[] => Object.entries(mapping).map(([name, value]) => `${name}=${value}`)

/** Whether a flag's value is the path of a file or folder, or may be one. */
export const isPath = ({ value = '' }: Flag): boolean => /\b(DIR|FILE)/.test(value)

/** @throws ConfigError naming the flags that are missing, a path that is empty, and flags that are refused for now */
export function checkFlags(values: FlagValues, flags: Flags): void {
  const missing = Object.entries(flags).filter(([name, flag]) => flag.required && values[camelCase(name)] === undefined)
  if (missing.length > 0) {
    const names = missing.map(([name, flag]) => `--${name} ${flag.value ?? 'VALUE'}`).join(', ')
    throw new ConfigError('MISSING_FLAG', `missing: ${names}`)
  }
  for (const [name, flag] of Object.entries(flags)) {
    // An empty path would be the current folder to some, and nothing to others.
    if (isPath(flag) && [values[camelCase(name)]].flat().includes('')) {
      const otherwise = flag.required ? '' : ', or leave it out'
      throw new ConfigError('FLAG_VALUE', `--${name} is empty: give --${name} ${flag.value}${otherwise}`)
    }
    if (flag.unsupported && values[camelCase(name)] !== undefined) {
      throw new ConfigError('NOT_SUPPORTED', `--${name} is not supported yet: leave it out`)
    }
  }
}

function toNumber(name: string, text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value))
    throw new ConfigError('FLAG_VALUE', `--${name} must be a number, not "${text}"`)
  return value
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
