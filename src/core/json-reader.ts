import { ConfigError, didYouMean } from './errors.ts'

/** What may stand in place of a value: nothing at all if `default` is given, `null` if `default` is null. */
export interface JsonKeyOptions<D> {
  /** Stands in for an absent key; `null` also allows a JSON null. Default: the key must be there. */
  readonly default?: D
}

export interface JsonNumberOptions<D> extends JsonKeyOptions<D> {
  /** Smallest value allowed; default none. */
  readonly min?: number
  /** Greatest value allowed; default none. */
  readonly max?: number
}

/** Typed access to the keys of a JSON object. Every getter @throws ConfigError naming file, key and what it found. */
export interface JsonReader {
  /** What the JSON is called in messages, e.g. its path. */
  readonly where: string
  /** Whether the key is there and not null. */
  has(key: string): boolean
  /** A whole number that JavaScript holds exactly. */
  integer<D extends number | null = number>(key: string, options?: JsonNumberOptions<D>): number | D
  number<D extends number | null = number>(key: string, options?: JsonNumberOptions<D>): number | D
  string<D extends string | null = string>(key: string, options?: JsonKeyOptions<D>): string | D
  boolean<D extends boolean | null = boolean>(key: string, options?: JsonKeyOptions<D>): boolean | D
  /** One of the given strings. */
  oneOf<const T extends string, D extends T | null = T>(
    key: string,
    values: readonly T[],
    options?: JsonKeyOptions<D>,
  ): T | D
  strings<D extends readonly string[] | null = string[]>(key: string, options?: JsonKeyOptions<D>): string[] | D
  /** A JSON object, unread. */
  object<D extends Record<string, unknown> | null = Record<string, unknown>>(
    key: string,
    options?: JsonKeyOptions<D>,
  ): Record<string, unknown> | D
  /** Keys of the JSON that no getter or `has` has asked for. */
  unknownKeys(): string[]
  /** @throws ConfigError `UNKNOWN_KEY` naming each key of `unknownKeys()`, with the nearest known one */
  rejectUnknownKeys(): void
}

/**
 * A reader of a parsed JSON object, which checks each value's type and remembers which keys were asked for.
 *
 * ```ts
 * const reader = jsonReader(JSON.parse(text), 'model/config.json')
 * const layers = reader.integer('num_hidden_layers', { min: 1 })
 * const dropout = reader.number('classifier_dropout', { default: null, min: 0, max: 1 })
 * ```
 * @param where what to call the JSON in messages, e.g. its path
 * @throws ConfigError `CONFIG_TYPE` if `json` is no object
 */
export function jsonReader(json: unknown, where: string): JsonReader {
  if (!isObject(json)) {
    throw new ConfigError('CONFIG_TYPE', `${where}: expected a JSON object, found ${describe(json)}`)
  }
  const known = new Set<string>()

  /** The value of a key if it passes `accepts`, else its default. */
  function get<T, D>(
    key: string,
    expected: string,
    accepts: (value: unknown) => value is T,
    options: JsonKeyOptions<D>,
  ): T | D {
    known.add(key)
    const value = Object.hasOwn(json as object, key) ? (json as Record<string, unknown>)[key] : undefined
    if (value === undefined || (value === null && options.default === null)) {
      if (options.default !== undefined) return options.default
      throw new ConfigError('MISSING_KEY', `${where}: "${key}" is missing: expected ${expected}`)
    }
    if (accepts(value)) return value
    const orNull = options.default === null ? ' or null' : ''
    throw new ConfigError(
      'CONFIG_VALUE',
      `${where}: "${key}" must be ${expected}${orNull}, found ${describe(value)}. Correct the file.`,
    )
  }

  return {
    where,
    has(key) {
      known.add(key)
      return Object.hasOwn(json, key) && json[key] !== null
    },
    integer: (key, options = {}) =>
      get(
        key,
        `a whole number${bounds(options)}`,
        (v): v is number => Number.isSafeInteger(v) && within(v, options),
        options,
      ),
    number: (key, options = {}) =>
      get(key, `a number${bounds(options)}`, (v): v is number => typeof v === 'number' && within(v, options), options),
    string: (key, options = {}) => get(key, 'a string', (v): v is string => typeof v === 'string', options),
    boolean: (key, options = {}) => get(key, 'true or false', (v): v is boolean => typeof v === 'boolean', options),
    oneOf<T extends string, D extends T | null>(
      key: string,
      values: readonly T[],
      options: JsonKeyOptions<D> = {},
    ): T | D {
      const expected = `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`
      return get(key, expected, (v): v is T => (values as readonly unknown[]).includes(v), options)
    },
    strings: (key, options = {}) => get(key, 'an array of strings', isStrings, options),
    object: (key, options = {}) => get(key, 'an object', isObject, options),
    unknownKeys: () => Object.keys(json).filter((key) => !known.has(key)),
    rejectUnknownKeys() {
      const unknown = this.unknownKeys()
      if (unknown.length === 0) return
      const list = unknown.map((key) => `"${key}"${didYouMean(key, known)}`).join('\n  ')
      throw new ConfigError('UNKNOWN_KEY', `${where}: unknown ${unknown.length === 1 ? 'key' : 'keys'}\n  ${list}`)
    },
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function within(value: unknown, { min = -Infinity, max = Infinity }: JsonNumberOptions<unknown>): boolean {
  return (value as number) >= min && (value as number) <= max
}

/** ` from 0 to 1`, ` of at least 1`, or nothing. */
function bounds({ min, max }: JsonNumberOptions<unknown>): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`
  if (min !== undefined) return ` of at least ${min}`
  return max === undefined ? '' : ` of at most ${max}`
}

/** A value as a message shows it: its JSON, cut if long. */
function describe(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value)
  return json.length > 60 ? `${json.slice(0, 57)}...` : json
}
