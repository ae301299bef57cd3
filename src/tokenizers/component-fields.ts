/** Reads the JSON objects of tokenizer.json that configure a component. */
import { TokenizerError } from '../core/errors.ts'
import type { JsonObject } from './files/json-fields.ts'
import { badField, isObject } from './files/json-fields.ts'

/**
 * The object and its `type`, one of `known`.
 *
 * @throws TokenizerError `TOKENIZER_FILE` where it is no object or has no type, `UNSUPPORTED_TOKENIZER` naming an unknown one
 */
export function readComponent<T extends string>(
  json: unknown,
  where: string,
  kind: string,
  known: readonly T[],
): { type: T; object: JsonObject } {
  if (!isObject(json)) throw badField(where, `the ${kind}`, 'an object', json)
  const type = json.type
  if (typeof type !== 'string') throw badField(where, `"type" of the ${kind}`, 'a string', type)
  if (!known.includes(type as T)) {
    throw new TokenizerError(
      'UNSUPPORTED_TOKENIZER',
      `${where}: the ${kind} "${type}" is not known. Known: ${known.join(', ')}.`,
    )
  }
  return { type: type as T, object: json }
}

/** A field that must be there. @throws TokenizerError `TOKENIZER_FILE` */
export function stringField(object: JsonObject, key: string, where: string): string {
  const value = object[key]
  if (typeof value !== 'string') throw badField(where, `"${key}"`, 'a string', value)
  return value
}

/** A field that must be there, unless it has a fallback. @throws TokenizerError `TOKENIZER_FILE` */
export function booleanField(object: JsonObject, key: string, where: string, fallback?: boolean): boolean {
  const value = object[key] ?? fallback
  if (typeof value !== 'boolean') throw badField(where, `"${key}"`, 'true or false', value)
  return value
}

/** A whole number of 0 or more. @throws TokenizerError `TOKENIZER_FILE` */
export function countField(object: JsonObject, key: string, where: string, fallback?: number): number {
  const value = object[key] ?? fallback
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw badField(where, `"${key}"`, 'a whole number of 0 or more', value)
  }
  return value
}

/** One character. @throws TokenizerError `TOKENIZER_FILE` */
export function characterField(object: JsonObject, key: string, where: string): string {
  const value = object[key]
  if (typeof value !== 'string' || [...value].length !== 1) throw badField(where, `"${key}"`, 'one character', value)
  return value
}

/** One of a few words. @throws TokenizerError `TOKENIZER_FILE` */
export function choiceField<T extends string>(
  object: JsonObject,
  key: string,
  where: string,
  choices: readonly T[],
  fallback?: T,
): T {
  const value = object[key] ?? fallback
  if (!choices.includes(value as T)) throw badField(where, `"${key}"`, `one of ${choices.join(', ')}`, value)
  return value as T
}

/** A list of components, each read with `read`. @throws TokenizerError `TOKENIZER_FILE` */
export function listField<T>(
  object: JsonObject,
  key: string,
  where: string,
  read: (json: unknown, where: string) => T,
): T[] {
  const value = object[key]
  if (!Array.isArray(value)) throw badField(where, `"${key}"`, 'a list', value)
  return value.map((entry, i) => read(entry, `${where}: ${key}[${i}]`))
}
