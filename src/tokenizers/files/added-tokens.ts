import type { AddedToken } from '../added-tokens.ts'
import type { TokenizerDefinition } from '../tokenizer.ts'
import type { NamedTokens, TokenEntry } from './tokenizer-config.ts'
import { tokenRoles } from './tokenizer-config.ts'

/** Where added tokens come from besides tokenizer.json. */
export interface AddedTokenSources {
  /** `added_tokens_decoder` of tokenizer_config.json, whose flags win. */
  listed?: readonly TokenEntry[]
  /** added_tokens.json, which gives way to tokenizer.json. */
  legacy: readonly TokenEntry[]
  named: NamedTokens
  /** A mask token without flags of its own takes the white space before it. */
  maskTakesSpace: boolean
}

/**
 * All added tokens of a tokenizer in the order of their ids, from the places where transformers looks for them and in its order.
 * A special token that a file names and no vocabulary has gets the next free id.
 */
export function mergeAddedTokens(definition: TokenizerDefinition, sources: AddedTokenSources): AddedToken[] {
  const { listed, legacy, named, maskTakesSpace } = sources
  const vocabulary = definition.model.vocab
  const tokens = new Map((definition.addedTokens ?? []).map((token) => [token.content, token]))
  let next = vocabulary.size
  for (const { id } of tokens.values()) next = Math.max(next, id + 1)
  const put = (entry: TokenEntry, defaults: { special: boolean; lstrip?: boolean }) => {
    const id = vocabulary.tokenToId(entry.content) ?? tokens.get(entry.content)?.id ?? entry.id ?? next
    next = Math.max(next, id + 1)
    const special = entry.special ?? defaults.special
    tokens.set(entry.content, {
      content: entry.content,
      id,
      special,
      normalized: entry.normalized ?? !special,
      singleWord: entry.singleWord ?? false,
      lstrip: entry.lstrip ?? defaults.lstrip ?? false,
      rstrip: entry.rstrip ?? false,
    })
  }
  const roles = tokenRoles.map((role) => [role, named.roles[role]] as const)
  const specialTexts = new Set([
    ...roles.map(([, entry]) => entry?.content),
    ...named.extra.map(({ content }) => content),
  ])
  if (listed !== undefined) {
    for (const entry of [...listed].sort(byId)) put(entry, { special: false })
  } else {
    for (const entry of [...legacy].sort(byId)) {
      if (!tokens.has(entry.content)) put(entry, { special: specialTexts.has(entry.content) })
    }
  }
  for (const [role, entry] of roles) {
    if (entry && !tokens.has(entry.content)) put(entry, { special: true, lstrip: role === 'mask' && maskTakesSpace })
  }
  for (const entry of named.extra) if (!tokens.has(entry.content)) put(entry, { special: true })
  return [...tokens.values()].sort((a, b) => a.id - b.id)
}

function byId(a: TokenEntry, b: TokenEntry): number {
  return (a.id ?? Number.POSITIVE_INFINITY) - (b.id ?? Number.POSITIVE_INFINITY)
}
