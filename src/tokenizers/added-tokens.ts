/** A token that is found in the text itself, before it is split into words. The flags are those of Hugging Face. */
export interface AddedToken {
  content: string
  id: number
  /** Left out by `decode` with `skipSpecialTokens`. */
  special: boolean
  /** Looked for in the normalised text rather than in the text as given. */
  normalized: boolean
  /** Found only where no word character stands beside it. */
  singleWord: boolean
  /** Takes the white space before it. */
  lstrip: boolean
  /** Takes the white space behind it. */
  rstrip: boolean
}

/** Where an added token stands in a text: UTF-16 range, white space that it takes included. */
export interface AddedTokenMatch {
  id: number
  start: number
  end: number
}

const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u

/** Finds added tokens in a text: the leftmost, and of those the longest; they do not overlap. */
export class AddedTokenMatcher {
  readonly #tokens: ReadonlyMap<string, AddedToken>
  readonly #pattern: RegExp

  /** @param tokens what to look for, by the form it has in the text */
  constructor(tokens: ReadonlyMap<string, AddedToken>) {
    this.#tokens = tokens
    const forms = [...tokens.keys()].sort((a, b) => b.length - a.length)
    this.#pattern = new RegExp(forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g')
  }

  /** The next match that begins at `from` or later, or undefined. The text before `from` belongs to earlier matches. */
  next(text: string, from: number): AddedTokenMatch | undefined {
    this.#pattern.lastIndex = from
    for (let found = this.#pattern.exec(text); found !== null; found = this.#pattern.exec(text)) {
      const token = this.#tokens.get(found[0]) as AddedToken
      let start = found.index
      let end = start + found[0].length
      if (token.singleWord && (isWord(text, start, -1) || isWord(text, end, 1))) continue
      if (token.lstrip) while (start > from && isWhite(text.charCodeAt(start - 1))) start--
      if (token.rstrip) while (end < text.length && isWhite(text.charCodeAt(end))) end++
      return { id: token.id, start, end }
    }
    return undefined
  }
}

/** Whether the character before (-1) or at (1) a place is a word character. */
function isWord(text: string, at: number, direction: -1 | 1): boolean {
  if (direction === 1)
    return at < text.length && wordCharacter.test(String.fromCodePoint(text.codePointAt(at) as number))
  if (at === 0) return false
  const pair = at > 1 && text.charCodeAt(at - 1) >= 0xdc00 && (text.codePointAt(at - 2) as number) > 0xffff
  return wordCharacter.test(text.slice(pair ? at - 2 : at - 1, at))
}

function isWhite(unit: number): boolean {
  return (
    unit === 0x20 || (unit >= 9 && unit <= 13) || (unit >= 0x80 && /\p{White_Space}/u.test(String.fromCharCode(unit)))
  )
}
