import { TokenizerError } from '../../core/errors.ts'
import { anySet, digitSet, hexSet, loneWordSet, posixSet, propertySet, whiteSet, wordSet } from './regex-sets.ts'

/**
 * A regular expression in Oniguruma's Ruby syntax as a JavaScript one with the flags `gv` that finds the same matches.
 * Atomic groups and possessive quantifiers become a lookahead and a reference to what it found.
 *
 * @param where names the file and field for messages
 * @throws TokenizerError `UNSUPPORTED_TOKENIZER` for what JavaScript has not, or has in another sense
 */
export function translateRegex(pattern: string, where: string): RegExp {
  const translation = new Translation(pattern, where)
  const source = translation.all()
  try {
    return new RegExp(source, 'gv')
  } catch (cause) {
    throw translation.unsupported('JavaScript refuses it', cause)
  }
}

interface Options {
  ignoreCase: boolean
  /** Ruby's `m`: the dot matches line feeds too. */
  dotAll: boolean
}

const controls: Record<string, number> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 }
const sets: Record<string, string> = { s: whiteSet, d: digitSet, w: wordSet, h: hexSet }

/** One walk over a pattern. */
class Translation {
  readonly #pattern: string
  readonly #where: string
  readonly #characters: string[]
  #at = 0
  #atomics = 0

  constructor(pattern: string, where: string) {
    this.#pattern = pattern
    this.#where = where
    this.#characters = [...pattern]
  }

  all(): string {
    const source = this.#alternatives({ ignoreCase: false, dotAll: false })
    if (this.#at < this.#characters.length) throw this.unsupported('a parenthesis is closed that was not opened')
    return source
  }

  unsupported(what: string, cause?: unknown): TokenizerError {
    return new TokenizerError(
      'UNSUPPORTED_TOKENIZER',
      `${this.#where}: the regular expression ${JSON.stringify(this.#pattern)} cannot be used: ${what} ` +
        `(at character ${this.#at}).`,
      { cause },
    )
  }

  #peek(ahead = 0): string {
    return this.#characters[this.#at + ahead] ?? ''
  }

  #take(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.#peek(i) !== text[i]) return false
    this.#at += text.length
    return true
  }

  /** Up to a closing parenthesis or the end. */
  #alternatives(options: Options): string {
    let source = ''
    while (this.#at < this.#characters.length && this.#peek() !== ')') {
      if (this.#take('|')) source += '|'
      else source += this.#quantified(options)
    }
    return source
  }

  #quantified(options: Options): string {
    let atom = this.#atom(options)
    let isFirst = true
    for (let suffix = this.#quantifier(); suffix !== undefined; suffix = this.#quantifier()) {
      const target = isFirst ? atom : `(?:${atom})`
      isFirst = false
      const isInterval = suffix.startsWith('{')
      if (!isInterval && this.#take('+')) atom = this.#atomic(target + suffix)
      else if (/^\{\d+\}$/.test(suffix) && this.#take('?')) atom = `(?:${target}${suffix})?`
      else atom = target + suffix + (this.#take('?') ? '?' : '')
    }
    return atom
  }

  /** `*`, `+`, `?` or an interval, or undefined where none stands. */
  #quantifier(): string | undefined {
    for (const suffix of ['*', '+', '?']) if (this.#take(suffix)) return suffix
    if (this.#peek() !== '{') return undefined
    const found = /^\{(\d*)(,?)(\d*)\}/.exec(this.#characters.slice(this.#at, this.#at + 24).join(''))
    if (found === null || (found[1] === '' && found[3] === '')) return undefined
    this.#at += found[0].length
    return `{${found[1] || '0'}${found[2]}${found[3]}}`
  }

  #atomic(source: string): string {
    const name = `atomic${this.#atomics++}`
    return `(?:(?=(?<${name}>${source}))\\k<${name}>)`
  }

  #atom(options: Options): string {
    const character = this.#peek()
    switch (character) {
      case '(':
        return this.#group(options)
      case '[':
        this.#at++
        return this.#class(options)
      case '.':
        this.#at++
        return options.dotAll ? anySet : '[^\\n]'
      case '^':
        this.#at++
        return '(?:^|(?<=\\n)(?!$))'
      case '$':
        this.#at++
        return '(?:$|(?=\\n))'
      case '\\':
        this.#at++
        return this.#escape(options)
      case '*':
      case '+':
      case '?':
        throw this.unsupported(`nothing stands before ${character} for it to repeat`)
      default:
        this.#at++
        return literal(character, options)
    }
  }

  #group(options: Options): string {
    this.#at++
    for (const open of ['?:', '?=', '?!', '?<=', '?<!']) if (this.#take(open)) return `(${open}${this.#body(options)})`
    if (this.#take('?>')) return this.#atomic(this.#body(options))
    if (this.#take('?#')) {
      while (this.#at < this.#characters.length && this.#peek() !== ')') this.#at++
      this.#close()
      return '(?:)'
    }
    if (this.#peek() !== '?') return `(?:${this.#body(options)})`
    const rest = this.#characters.slice(this.#at, this.#at + 64).join('')
    const named = /^\?<[\p{L}_][\p{L}\p{N}_]*>/u.exec(rest)
    if (named) {
      this.#at += [...named[0]].length
      return `(?:${this.#body(options)})`
    }
    const flags = /^\?([im]*)(?:-([im]+))?([:)])/.exec(rest)
    if (flags === null) throw this.unsupported(`the group (${rest.slice(0, 4)}… has no counterpart`)
    this.#at += flags[0].length
    const inner = { ...options }
    for (const flag of flags[1]) inner[flag === 'i' ? 'ignoreCase' : 'dotAll'] = true
    for (const flag of flags[2] ?? '') inner[flag === 'i' ? 'ignoreCase' : 'dotAll'] = false
    // Without a colon, the flags hold up to the end of the group around.
    if (flags[3] === ')') return `(?:${this.#alternatives(inner)})`
    return `(?:${this.#body(inner)})`
  }

  #body(options: Options): string {
    const source = this.#alternatives(options)
    this.#close()
    return source
  }

  #close(): void {
    if (!this.#take(')')) throw this.unsupported('a parenthesis is not closed')
  }

  /** Behind a backslash, outside of a class. */
  #escape(options: Options): string {
    const character = this.#peek()
    const start = this.#at
    const set = this.#escapedSet(options)
    if (set !== undefined) return set.replaceAll(wordSet, () => loneWordSet)
    this.#at = start + 1
    switch (character) {
      case 'A':
        return '(?:^)'
      case 'z':
        return '(?:$)'
      case 'Z':
        return '(?=\\n?$)'
      case 'b':
        return `(?:(?<=${loneWordSet})(?!${loneWordSet})|(?<!${loneWordSet})(?=${loneWordSet}))`
      case 'B':
        return `(?:(?<=${loneWordSet})(?=${loneWordSet})|(?<!${loneWordSet})(?!${loneWordSet}))`
      case 'R':
        return this.#atomic('\\r\\n|[\\n-\\r\\x85\\u2028\\u2029]')
      case 'N':
        return '[^\\n]'
      case 'O':
        return anySet
    }
    this.#at = start
    return literal(this.#escapedCharacter(), options)
  }

  /** The set of `\s`, `\p{…}` and so on, or undefined for another escape. */
  #escapedSet(options: Options): string | undefined {
    const letter = this.#peek()
    if (letter !== 'p' && letter !== 'P') {
      const set = sets[letter.toLowerCase()]
      if (set === undefined || !/[sdwhSDWH]/.test(letter)) return undefined
      this.#at++
      return letter === letter.toLowerCase() ? set : `[^${set}]`
    }
    const found = /^\{(\^?)([^}]*)\}/.exec(this.#characters.slice(this.#at + 1, this.#at + 65).join(''))
    if (found === null) throw this.unsupported(`\\${letter} should be followed by a name in braces`)
    const set = propertySet(found[2])
    if (set === undefined) throw this.unsupported(`the property "${found[2]}" is not known`)
    if (options.ignoreCase && /^(lu|ll|lt|upper|lower|.*case.*)$/i.test(found[2])) {
      throw this.unsupported('a property of upper or lower case stands where case is ignored')
    }
    this.#at += 1 + [...found[0]].length
    return (letter === 'P') !== (found[1] === '^') ? `[^${set}]` : set
  }

  /** The code point of an escape that stands for one. */
  #escapedCharacter(): number {
    const rest = this.#characters.slice(this.#at, this.#at + 12).join('')
    const code = /^(?:x\{([0-9A-Fa-f]{1,8})\}|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|(0[0-7]{0,2}))/.exec(rest)
    if (code) {
      this.#at += code[0].length
      const codePoint = code[4] ? Number.parseInt(code[4], 8) : Number.parseInt(code[1] ?? code[2] ?? code[3], 16)
      if (codePoint <= 0x10ffff) return codePoint
    }
    const character = this.#peek()
    if (character === '' || /[0-9pPxXuKGkgyYcCM]/.test(character)) {
      throw this.unsupported(`the escape \\${character} has no counterpart`)
    }
    this.#at++
    return Object.hasOwn(controls, character) ? controls[character] : (character.codePointAt(0) as number)
  }

  /** Behind an opening bracket. */
  #class(options: Options): string {
    const negated = this.#take('^')
    const operands: string[] = []
    let operand = ''
    // A closing bracket that comes first stands for itself.
    if (this.#take(']')) operand = range(0x5d, 0x5d, options)
    while (!this.#take(']')) {
      if (this.#at >= this.#characters.length) throw this.unsupported('a bracket is not closed')
      if (this.#take('&&')) {
        operands.push(`[${operand}]`)
        operand = ''
      } else {
        operand += this.#classItem(options)
      }
    }
    if (operands.length > 0) operand = [...operands, `[${operand}]`].join('&&')
    return `[${negated ? '^' : ''}${operand}]`
  }

  /** A set, character or range within brackets. */
  #classItem(options: Options): string {
    const posix = /^\[:(\^?)(\w+):\]/.exec(this.#characters.slice(this.#at, this.#at + 16).join(''))
    const posixClass = posix && posixSet(posix[2])
    if (posixClass) {
      if (options.ignoreCase && /upper|lower/.test(posix[2])) throw this.unsupported(`[:${posix[2]}:] ignores case`)
      this.#at += posix[0].length
      return posix[1] ? `[^${posixClass}]` : posixClass
    }
    if (this.#take('[')) return this.#class(options)
    if (this.#peek() === '\\') {
      this.#at++
      const set = this.#escapedSet(options)
      if (set !== undefined) return set
      this.#at--
    }
    const first = this.#classCharacter()
    if (this.#peek() !== '-' || this.#peek(1) === ']' || this.#peek(1) === '') return range(first, first, options)
    if (this.#peek(1) === '[' || (this.#peek(1) === '\\' && /[sdwhpSDWHP]/.test(this.#peek(2)))) {
      return range(first, first, options)
    }
    this.#at++
    const last = this.#classCharacter()
    if (last < first) throw this.unsupported('a range of characters ends before it begins')
    if (options.ignoreCase && last > 0x7f && last - first > 512) {
      throw this.unsupported('a long range of characters stands where case is ignored')
    }
    return range(first, last, options)
  }

  #classCharacter(): number {
    if (!this.#take('\\')) return this.#characters[this.#at++].codePointAt(0) as number
    if (this.#take('b')) return 8
    return this.#escapedCharacter()
  }
}

function literal(character: string | number, options: Options): string {
  const codePoint = typeof character === 'number' ? character : (character.codePointAt(0) as number)
  const variants = options.ignoreCase ? caseVariants(codePoint) : [codePoint]
  return variants.length > 1 ? `[${variants.map(escaped).join('')}]` : escaped(codePoint)
}

function range(first: number, last: number, options: Options): string {
  let source = first === last ? escaped(first) : `${escaped(first)}-${escaped(last)}`
  if (options.ignoreCase) {
    for (let i = first; i <= last; i++) for (const variant of caseVariants(i).slice(1)) source += escaped(variant)
  }
  return source
}

/** The character first, then those that differ from it by case. */
function caseVariants(codePoint: number): number[] {
  const character = String.fromCodePoint(codePoint)
  const forms = new Set([character])
  for (const form of [character.toLowerCase(), character.toUpperCase()]) {
    for (const other of [form, form.toLowerCase(), form.toUpperCase()]) if ([...other].length === 1) forms.add(other)
  }
  if (forms.has('s')) forms.add('\u017f')
  if (forms.has('k')) forms.add('\u212a')
  if (forms.has('\u00e5')) forms.add('\u212b')
  return [...forms].map((form) => form.codePointAt(0) as number)
}

function escaped(codePoint: number): string {
  const isPlain = (codePoint >= 0x30 && codePoint <= 0x39) || /[A-Za-z]/.test(String.fromCodePoint(codePoint))
  return isPlain ? String.fromCodePoint(codePoint) : `\\u{${codePoint.toString(16)}}`
}
