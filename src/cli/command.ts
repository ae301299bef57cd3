/** What a command is, and how its flags are read. */
import { ConfigError, didYouMean } from '../core/errors.ts'

/** A flag of a command. Its value is named in camel case: `--batch-size` becomes `batchSize`. */
export interface Flag {
  type: 'string' | 'number' | 'boolean'
  /** One line for --help. */
  description: string
  /** May be given several times, or with several values behind it. */
  many?: boolean
  required?: boolean
  /** Shown in --help, e.g. `DIR`. */
  value?: string
}

export type FlagValue = string | number | boolean | string[]
export type Flags = Readonly<Record<string, Flag>>
/** Values by camel-case name; absent where a flag was not given. */
export type FlagValues = Record<string, FlagValue | undefined>

/** What a command may use of the process. */
export interface CommandContext {
  /** Prints the result: text on a terminal, or with `--json` nothing. */
  print(text: string): void
  /** Progress and remarks, on stderr. */
  note(text: string): void
  json: boolean
  /** Aborts on Ctrl-C. */
  signal: AbortSignal
  stderr: NodeJS.WriteStream
}

/** A command: a plain object, found by its name. */
export interface Command {
  /** E.g. `finetune` or `tokenizer train`. */
  name: string
  summary: string
  /** A command line that works. */
  example: string
  /** What stands behind the flags, e.g. `[TEXT…]`; absent if nothing may. */
  positionals?: { name: string; description: string; required?: boolean }
  flags: Flags
  /** @returns what `--json` prints */
  run(values: FlagValues, positionals: string[], context: CommandContext): Promise<unknown>
}

/** Flags that every command has. */
export const commonFlags: Flags = {
  help: { type: 'boolean', description: 'Show this help' },
  json: { type: 'boolean', description: 'Print one JSON object on stdout, nothing else there' },
  config: { type: 'string', value: 'FILE', description: 'YAML or JSON file with the same names; flags win' },
  seed: { type: 'number', value: 'N', description: 'Decides everything random (default 42)' },
  device: { type: 'string', value: 'cpu', description: 'Where to compute: cpu' },
  threads: { type: 'number', value: 'N', description: 'Threads of a matrix product (default: all processors)' },
}

export const camelCase = (flag: string): string => flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
export const kebabCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/**
 * Reads a command line. A flag's value follows it or `=`; `--no-x` is false; a flag with `many` takes all values up to
 * the next flag.
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
      if (/^-[a-zA-Z]/.test(arg))
        throw new ConfigError('UNKNOWN_FLAG', `unknown flag ${arg}: flags start with --; put -- in front of texts`)
      positionals.push(arg)
      continue
    }
    const [name, inline] = splitOnce(arg.slice(2), '=')
    const negated = name.startsWith('no-') && flags[name.slice(3)]?.type === 'boolean'
    const flag = flags[negated ? name.slice(3) : name]
    if (!flag) {
      const guess = didYouMean(name, Object.keys(flags)).replace('"', '--').replace('"', '')
      throw new ConfigError('UNKNOWN_FLAG', `unknown flag --${name}${guess || '; --help lists the flags'}`)
    }
    if (flag.type === 'boolean') {
      if (inline !== undefined && !['true', 'false'].includes(inline))
        throw new ConfigError('FLAG_VALUE', `--${name} is true or false, not "${inline}"`)
      values[camelCase(negated ? name.slice(3) : name)] = negated ? false : inline !== 'false'
      continue
    }
    const given: string[] = inline === undefined ? [] : [inline]
    while (given.length === 0 || (flag.many && inline === undefined)) {
      const next = args[i + 1]
      const isValue = next !== undefined && (!next.startsWith('--') || /^--?\d/.test(next))
      if (!isValue) break
      given.push(next)
      i++
    }
    if (given.length === 0)
      throw new ConfigError('FLAG_VALUE', `--${name} needs a value${flag.value ? `: --${name} ${flag.value}` : ''}`)
    const key = camelCase(name)
    if (flag.many) values[key] = [...((values[key] as string[]) ?? []), ...given]
    else values[key] = flag.type === 'number' ? toNumber(name, given[0]) : given[0]
  }
  return { values, positionals }
}

/** Checks settings read from a config file against the flags. @throws ConfigError naming an unknown key */
export function settingsFromFile(settings: unknown, flags: Flags, file: string): FlagValues {
  if (settings === null || typeof settings !== 'object' || Array.isArray(settings)) {
    throw new ConfigError('CONFIG_FILE', `${file} must hold names and values, one setting a line`)
  }
  const values: FlagValues = {}
  for (const [name, value] of Object.entries(settings)) {
    const flag = flags[kebabCase(name)] ?? flags[name]
    if (!flag)
      throw new ConfigError(
        'UNKNOWN_SETTING',
        `${file}: unknown setting "${name}"${didYouMean(name, Object.keys(flags).map(camelCase))}`,
      )
    const list = flag.many && Array.isArray(value) && value.every((item) => typeof item === 'string')
    if (!list && (flag.many ? typeof value !== 'string' : typeof value !== flag.type)) {
      throw new ConfigError('CONFIG_FILE', `${file}: "${name}" must be a ${flag.type}, not ${JSON.stringify(value)}`)
    }
    values[camelCase(name)] = (flag.many && !list ? [value] : value) as FlagValue
  }
  return values
}

/** @throws ConfigError naming the flags that are missing */
export function requireFlags(values: FlagValues, flags: Flags): void {
  const missing = Object.entries(flags).filter(([name, flag]) => flag.required && values[camelCase(name)] === undefined)
  if (missing.length > 0) {
    const names = missing.map(([name, flag]) => `--${name} ${flag.value ?? 'VALUE'}`).join(', ')
    throw new ConfigError('MISSING_FLAG', `missing: ${names}`)
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
