import { TokenizerError } from '../core/errors.ts'

/** Tokens and their ids, both ways. */
export interface Vocabulary {
  readonly idOf: ReadonlyMap<string, number>
  /** Undefined at ids that no token has. */
  readonly tokenAt: readonly (string | undefined)[]
}

/**
 * Checks a vocabulary: a list, where the index is the id, or a map.
 * @throws TokenizerError `VOCABULARY` for a token or an id that comes twice, or an id that is no whole number from 0
 */
export function createVocabulary(vocab: readonly string[] | ReadonlyMap<string, number>, file?: string): Vocabulary {
  const where = file === undefined ? 'vocabulary' : file
  const idOf = new Map<string, number>()
  const tokenAt: (string | undefined)[] = []
  const entries = Array.isArray(vocab) ? vocab.map((token, id) => [token, id] as const) : vocab.entries()
  for (const [token, id] of entries as Iterable<readonly [string, number]>) {
    // 2^24 ids: more than any published vocabulary, and a wrong id cannot fill the memory.
    if (!Number.isInteger(id) || id < 0 || id >= 1 << 24) {
      throw new TokenizerError(
        'VOCABULARY',
        `${where}: token ${JSON.stringify(token)} has the id ${id}: expected 0, 1, …`,
      )
    }
    const earlier = idOf.get(token)
    if (earlier !== undefined) {
      throw new TokenizerError(
        'VOCABULARY',
        `${where}: token ${JSON.stringify(token)} comes twice, as id ${earlier} (line ${earlier + 1}) and as id ${id} ` +
          `(line ${id + 1}): each token must be there once. Rename one of them to an unused name, so that ids stay.`,
      )
    }
    if (tokenAt[id] !== undefined) {
      throw new TokenizerError(
        'VOCABULARY',
        `${where}: tokens ${JSON.stringify(tokenAt[id])} and ${JSON.stringify(token)} both have the id ${id}.`,
      )
    }
    idOf.set(token, id)
    tokenAt[id] = token
  }
  return { idOf, tokenAt }
}

/** The tokens of a vocab.txt: one a line, the id is the line's number from 0. */
export function parseVocabText(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
}

/**
 * The text of a vocab.txt, or undefined where that format cannot hold the vocabulary: an id without a token, or a token with
 * a line break.
 */
export function formatVocabText(tokens: readonly (string | undefined)[]): string | undefined {
  let text = ''
  for (let id = 0; id < tokens.length; id++) {
    const token = tokens[id]
    if (token === undefined || /[\r\n]/.test(token)) return undefined
    text += `${token}\n`
  }
  return text
}
