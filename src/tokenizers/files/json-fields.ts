import { TokenizerError } from '../../core/errors.ts'

/** A JSON object of a tokenizer file. */
export type JsonObject = Record<string, unknown>

/** Reads a JSON file whose root is an object. @throws TokenizerError `TOKENIZER_FILE` naming the file */
export function parseJsonObject(text: string, file: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new TokenizerError(
      'TOKENIZER_FILE',
      `${file}: no valid JSON in its ${text.length} characters (${(cause as Error).message}). The file may be truncated: ` +
        'copy or download it again.',
      { cause },
    )
  }
  if (!isObject(value)) throw badField(file, 'the file', 'an object', value)
  return value
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field of one of the types that `typeof` names; null and a missing field are `fallback`. */
export function field<T extends string | number | boolean>(
  object: JsonObject,
  key: string,
  fallback: T,
  where: string,
): T {
  const value = object[key]
  if (value === undefined || value === null) return fallback
  if (typeof value !== typeof fallback) throw badField(where, `"${key}"`, `a ${typeof fallback}`, value)
  return value as T
}

/** @returns the error for a field that does not hold what it must */
export function badField(where: string, name: string, expected: string, found: unknown): TokenizerError {
  const shown = JSON.stringify(found) ?? 'nothing'
  return new TokenizerError(
    'TOKENIZER_FILE',
    `${where}: ${name} should be ${expected}, found ${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}.`,
  )
}
