/**
 * Patterns over parameter names, such as `embeddings`, `encoder.layer.[0-5]` or `LayerNorm`. A pattern stands for whole parts
 * of a name, anywhere in it: `encoder.layer.1` is `bert.encoder.layer.1.output.dense.weight` but not `bert.encoder.layer.11.…`.
 */
import { ConfigError, nearestName } from '../core/errors.ts'

/**
 * The names that patterns select. The patterns are read in their order: each adds what it matches, and with `!` in front takes
 * it away again, as in `['*', '!classifier']`.
 *
 * In a part, `*` stands for any characters, `?` for one, `[0-5]` for one of several, `{0,11}` for one of the texts between the
 * braces; none of them crosses a dot.
 * @param setting what the patterns were given as, for messages
 * @throws ConfigError for a pattern that is not well formed, or that matches no name
 */
export function selectNames(names: readonly string[], patterns: readonly string[], setting: string): Set<string> {
  const selected = new Set<string>()
  for (const pattern of patterns) {
    const takesAway = pattern.startsWith('!')
    const expression = compilePattern(takesAway ? pattern.slice(1) : pattern, setting)
    const matched = names.filter((name) => expression.test(name))
    if (matched.length === 0) throw noMatch(pattern, names, setting)
    for (const name of matched) {
      if (takesAway) selected.delete(name)
      else selected.add(name)
    }
  }
  return selected
}

/** @throws ConfigError for an empty pattern or part, and for brackets that do not close */
function compilePattern(pattern: string, setting: string): RegExp {
  const fail = (problem: string) =>
    new ConfigError(
      'PATTERN',
      `${setting}: "${pattern}" ${problem}; a pattern is a name's parts with dots between, such as encoder.layer.[0-5]`,
    )
  if (pattern.split('.').includes('')) throw fail('has an empty part')
  // Each alternative of the grammar: a class, a choice, a wildcard, or a character that stands for itself.
  const source = pattern.replace(/\[([^\].]+)\]|\{([^{}.]+)\}|[\s\S]/g, (token, group?: string, choice?: string) => {
    if (group !== undefined) return `[${group.replace(/^!/, '^').replace(/[\\\]]/g, '\\$&')}]`
    if (choice !== undefined) return `(?:${choice.split(',').map(literal).join('|')})`
    if (token === '*') return '[^.]*'
    if (token === '?') return '[^.]'
    if (/[[\]{}]/.test(token)) throw fail(`has a "${token}" without its counterpart`)
    return literal(token)
  })
  try {
    return new RegExp(`(^|\\.)${source}(\\.|$)`)
  } catch {
    throw fail('has a range that runs backwards')
  }
}

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

/** Names the nearest run of parts, and what the model's names begin with. */
function noMatch(pattern: string, names: readonly string[], setting: string): ConfigError {
  const plain = pattern.replace(/^!/, '')
  const near = nearestNames(plain, new Set(names.flatMap(runsOfParts)))
  const hint =
    near.length > 0 ? `near it are ${near.map((name) => `"${name}"`).join(', ')}` : `they are ${begin(names)}`
  return new ConfigError('NO_MATCH', `${setting}: "${pattern}" matches none of the model's parameters; ${hint}`)
}

/** The nearest names, best first, at most three. */
function nearestNames(name: string, known: ReadonlySet<string>): string[] {
  const rest = new Set(known)
  const near: string[] = []
  while (near.length < 3) {
    const nearest = nearestName(name, rest)
    if (nearest === undefined) break
    near.push(nearest)
    rest.delete(nearest)
  }
  return near
}

/** Every run of neighbouring parts: what a pattern without wildcards can be. */
function runsOfParts(name: string): string[] {
  const parts = name.split('.')
  return parts.flatMap((_, from) =>
    parts.slice(from).map((_, length) => parts.slice(from, from + length + 1).join('.')),
  )
}

/** The first two parts of the names, each once. */
const begin = (names: readonly string[]): string =>
  [...new Set(names.map((name) => name.split('.').slice(0, 2).join('.')))].join(', ')
