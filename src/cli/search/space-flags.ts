/** What `--space` says. */
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { ConfigError, didYouMean } from '../../core/errors.ts'
import type { SearchDimension, SearchSpace } from '../../training/search/space.ts'
import { trainingDefaults } from '../../training/training-arguments.ts'
import { camelCase, kebabCase } from '../command.ts'

/**
 * Reads entries such as `learning-rate=log:1e-5..1e-3` and `batch-size=8,16,32`, and files of such names and values.
 * @throws ConfigError `SPACE` for what cannot be read, `UNKNOWN_ARGUMENT` with the nearest name
 */
export async function readSpace(entries: readonly string[]): Promise<SearchSpace> {
  const space: Record<string, SearchDimension> = {}
  const add = (name: string, dimension: SearchDimension, where: string) => {
    const key = argumentName(name, where)
    if (Object.hasOwn(space, key)) throw fail(`${where}: ${name} is there twice`)
    space[key] = dimension
  }
  for (const entry of entries) {
    const at = entry.indexOf('=')
    if (at > 0) {
      const name = entry.slice(0, at)
      add(name, readDimension(entry.slice(at + 1), `--space ${entry}`), '--space')
    } else {
      for (const [name, value] of Object.entries(await readSpaceFile(entry))) {
        add(name, fileDimension(value, `${entry}: "${name}"`), entry)
      }
    }
  }
  return space
}

/** The argument of a name in kebab or camel case. */
function argumentName(name: string, where: string): string {
  const found = [camelCase(name), name].find((each) => Object.hasOwn(trainingDefaults, each))
  if (found !== undefined) return found
  const names = Object.keys(trainingDefaults)
  const guess = didYouMean(name, /[A-Z]/.test(name) ? names : names.map(kebabCase))
  throw new ConfigError('UNKNOWN_ARGUMENT', `${where}: unknown training argument "${name}"${guess}`)
}

async function readSpaceFile(file: string): Promise<object> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    const hint = 'give a file, or NAME=VALUES such as batch-size=8,16,32'
    throw new ConfigError('SPACE', `--space ${file} cannot be read (${cause.message}): ${hint}`, { cause })
  })
  let content: unknown
  try {
    content = parse(text) // YAML, of which JSON is a part
  } catch (cause) {
    throw new ConfigError('SPACE', `${file} is no valid YAML or JSON: ${(cause as Error).message}`, { cause })
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content
  throw fail(`${file} must hold names and values, such as "batchSize: [8, 16, 32]"`)
}

/** A list of values, a range as an object, what a flag would have, or a single value. */
function fileDimension(value: unknown, where: string): SearchDimension {
  if (Array.isArray(value)) return value
  if (typeof value === 'string') return readDimension(value, where)
  if (typeof value === 'number' || typeof value === 'boolean') return [value]
  if (value !== null && typeof value === 'object' && 'low' in value && 'high' in value) return value as SearchDimension
  throw fail(`${where} must be a list, or a range such as "log:1e-5..1e-3", not ${JSON.stringify(value)}`)
}

/** `8,16,32`, `0..0.1` or `log:1e-5..1e-3`. */
function readDimension(text: string, where: string): SearchDimension {
  const range = /^(?:([a-z]+):)?([^,]+?)\.\.([^,]+)$/.exec(text)
  if (range) {
    const [, scale, from, to] = range
    const [low, high] = [Number(from), Number(to)]
    if (scale !== undefined && scale !== 'log') {
      throw fail(`${where}: "${scale}" is no scale of a range: write log:LOW..HIGH or LOW..HIGH`)
    }
    if (text.includes('...')) throw fail(`${where}: a range has two dots between its numbers, such as 1e-5..1e-3`)
    if (Number.isNaN(low) || Number.isNaN(high)) throw fail(`${where}: a range is two numbers, such as 1e-5..1e-3`)
    return { low, high, ...(scale && { log: true }) }
  }
  if (/^log:/.test(text)) throw fail(`${where}: log: stands before a range, such as log:1e-5..1e-3`)
  return text.split(',').map((value) => readValue(value.trim(), where))
}

function readValue(text: string, where: string): string | number | boolean {
  if (text === '') throw fail(`${where} has an empty value`)
  if (text === 'true' || text === 'false') return text === 'true'
  return Number.isNaN(Number(text)) ? text : Number(text)
}

const fail = (text: string) => new ConfigError('SPACE', text)
