/** Sets of characters in Oniguruma's terms, as operands of a JavaScript character class with the flag `v`. */
import { unassignedRuns } from '../unicode/reference-ranges.ts'
import { forEachRun } from '../unicode/runs.ts'

/** White space. */
export const whiteSet = '[\\t-\\r \\x85\\xA0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]'
export const hexSet = '[0-9A-Fa-f]'
export const anySet = '[^]'

const unassigned = readUnassigned()
/** U+0295 was a small letter when Oniguruma's tables were made. */
const glottal = '\\u0295'

/** Word characters, within brackets. */
export const wordSet = known('[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]')
/** Outside of brackets, Oniguruma counts some Latin-1 numbers among word characters. */
export const loneWordSet = `[${wordSet}\\xB2\\xB3\\xB9\\xBC-\\xBE]`
export const digitSet = known('\\p{Nd}')

const names: Record<string, string> = {
  any: anySet,
  assigned: `[^${unassigned}]`,
  alnum: known('[\\p{Alphabetic}\\p{Nd}]'),
  alpha: known('\\p{Alphabetic}'),
  ascii: '[\\0-\\x7F]',
  blank: known('[\\p{Zs}\\t]'),
  cntrl: '\\p{Cc}',
  digit: digitSet,
  graph: `[^${whiteSet}\\p{Cc}${unassigned}]`,
  lower: known(`[\\p{Lowercase}${glottal}]`),
  print: `[[\\p{Zs}][^${whiteSet}\\p{Cc}${unassigned}]]`,
  punct: known('\\p{P}'),
  space: whiteSet,
  upper: known('\\p{Uppercase}'),
  word: wordSet,
  xdigit: hexSet,
  letter: known('\\p{L}'),
  mark: known('\\p{M}'),
  number: known('\\p{N}'),
  punctuation: known('\\p{P}'),
  symbol: known('\\p{S}'),
  separator: known('\\p{Z}'),
  other: `[\\p{Cc}\\p{Cf}\\p{Co}${unassigned}]`,
  c: `[\\p{Cc}\\p{Cf}\\p{Co}${unassigned}]`,
  cn: unassigned,
  ll: known(`[\\p{Ll}${glottal}]`),
  lo: known(`[\\p{Lo}--[${glottal}]]`),
  lowercaseletter: known(`[\\p{Ll}${glottal}]`),
  uppercaseletter: known('\\p{Lu}'),
  decimalnumber: digitSet,
  spaceseparator: known('\\p{Zs}'),
  nonspacingmark: known('\\p{Mn}'),
}

const posixNames = new Set(
  'alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit'.split(' '),
)
const posixPunctuation = known('[\\p{P}\\p{S}]')

/** The set of a POSIX class, `[:name:]`; undefined for others. */
export function posixSet(name: string): string | undefined {
  if (!posixNames.has(name)) return undefined
  return name === 'punct' ? posixPunctuation : names[name]
}

/** The set of a property's name, a general category, POSIX class or script; undefined for others. */
export function propertySet(name: string): string | undefined {
  const plain = name.toLowerCase().replace(/[\s_-]/g, '')
  if (Object.hasOwn(names, plain)) return names[plain]
  if (/^(c[cfo]|l[utlmo]?|m[nce]?|n[dlo]?|p[cdsefio]?|s[mcko]?|z[slp]?)$/.test(plain)) {
    return known(`\\p{${plain[0].toUpperCase()}${plain.slice(1)}}`)
  }
  const script = name
    .trim()
    .split(/[\s_-]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('_')
  try {
    new RegExp(`\\p{Script=${script}}`, 'v')
    return known(`\\p{Script=${script}}`)
  } catch {
    return undefined
  }
}

/** The characters of a set that Oniguruma's version of Unicode knows. */
function known(set: string): string {
  return `[${set}--${unassigned}]`
}

function readUnassigned(): string {
  let ranges = ''
  forEachRun(unassignedRuns, (start, end) => {
    ranges += `\\u{${start.toString(16)}}`
    if (end - start > 1) ranges += `-\\u{${(end - 1).toString(16)}}`
  })
  return `[${ranges}]`
}
