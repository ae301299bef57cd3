import { TokenizerError } from '../../core/errors.ts'
import type { Normalizer } from '../components.ts'
import { createClusterEnd } from '../unicode/grapheme-clusters.ts'
import { Rewrite } from './rewrite.ts'

/**
 * The replacement rules of a SentencePiece model.
 *
 * Matches spm_precompiled and huggingface/tokenizers `normalizers/precompiled.rs`, which do not follow SentencePiece: of a
 * grapheme cluster of fewer than 6 bytes that begins with a rule's text, all is replaced by the shortest such rule; else
 * each character is replaced on its own.
 *
 * @param charsmap base 64: length of the trie in bytes (uint32), the trie (a Darts double array of uint32), and the texts
 *   that its values point to, each ended by a zero byte
 * @param where names the file and field for messages
 * @throws TokenizerError `TOKENIZER_FILE` for a map that is broken
 */
export function createPrecompiled(charsmap: string, where = 'normalizer'): Normalizer {
  const map = readCharsmap(charsmap, where)
  const clusterEnd = createClusterEnd()
  const rewrite = new Rewrite()
  return {
    normalize(text, out) {
      const { codePoints } = text
      let modified = false
      for (let i = 0; i < text.length; ) {
        const end = clusterEnd(codePoints, i, text.length)
        if (end - i > 1 && utf8Length(codePoints, i, end) < 6) {
          const target = map.find(codePoints, i, end)
          if (target !== -1) {
            replace(rewrite, map.texts, target, end - i)
            modified = true
            i = end
            continue
          }
        }
        for (; i < end; i++) {
          const target = map.find(codePoints, i, i + 1)
          if (target === -1) {
            rewrite.push(codePoints[i], 0)
          } else {
            replace(rewrite, map.texts, target, 1)
            modified = true
          }
        }
      }
      if (modified) {
        rewrite.flush(text, 0, out)
      } else {
        rewrite.length = 0
        out.append(text, 0, text.length)
      }
    },
  }
}

/** Adds the text at `target` in the place of `oldCount` characters. */
function replace(rewrite: Rewrite, texts: Uint8Array, target: number, oldCount: number): void {
  let newCount = 0
  for (let i = target; i < texts.length && texts[i] !== 0; newCount++) {
    const lead = texts[i++]
    let codePoint = lead
    if (lead >= 0xc0) {
      const rest = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3
      codePoint = lead & (0x3f >> rest)
      for (let k = 0; k < rest; k++) codePoint = (codePoint << 6) | (texts[i++] & 0x3f)
    }
    rewrite.push(codePoint, 0)
  }
  const difference = newCount - oldCount
  for (let k = 1; k <= difference; k++) rewrite.changes[rewrite.length - k] = 1
  // Where nothing is left of the first characters, the reference forgets them: sources are late from there on.
  if (difference < 0 && rewrite.length > 0) rewrite.changes[rewrite.length - 1] += difference
}

/** The rules: a trie over UTF-8 bytes and the texts that it points to. */
export interface Charsmap {
  /** Where in `texts` the replacement for the shortest rule stands that `codePoints[start, end)` begins with, or -1. */
  find(codePoints: Int32Array, start: number, end: number): number
  texts: Uint8Array
}

/** @throws TokenizerError `TOKENIZER_FILE` for a map that is broken */
export function readCharsmap(charsmap: string, where: string): Charsmap {
  const broken = (what: string, cause?: unknown) =>
    new TokenizerError(
      'TOKENIZER_FILE',
      `${where}: "precompiled_charsmap" ${what}. The file may be damaged: copy or download it again.`,
      { cause },
    )
  let bytes: Uint8Array
  try {
    const binary = atob(charsmap)
    bytes = new Uint8Array(binary.length)
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  } catch (cause) {
    throw broken('is no base 64', cause)
  }
  if (bytes.length < 4) throw broken(`has ${bytes.length} bytes, too few for the length of its trie`)
  const view = new DataView(bytes.buffer)
  const count = view.getUint32(0, true) >>> 2
  if (bytes.length < 4 + 4 * count) {
    throw broken(`has ${bytes.length} bytes, but its trie alone should have ${4 * count}`)
  }
  const units = new Uint32Array(count)
  for (let i = 0; i < count; i++) units[i] = view.getUint32(4 + 4 * i, true)
  const texts = bytes.slice(4 + 4 * count)
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(texts)
  } catch (cause) {
    throw broken('holds texts that are no UTF-8', cause)
  }

  // State of the walk: `node` is -1 once no rule fits, `found` the replacement once a rule does.
  let node = 0
  let found = -1
  function step(byte: number): void {
    if (node === -1 || byte === 0) {
      node = -1
      return
    }
    node ^= byte
    const unit = units[node]
    if (unit === undefined || (unit & 0x800000ff) !== byte) {
      node = -1
      return
    }
    node ^= offsetOf(unit)
    if (unit & 0x100 && node < units.length) found = units[node] & 0x7fffffff
  }

  const find = (codePoints: Int32Array, start: number, end: number) => {
    found = -1
    if (units.length === 0) return -1
    node = offsetOf(units[0])
    for (let i = start; i < end && node !== -1 && found === -1; i++) forEachByte(codePoints[i], step)
    return found
  }
  return { find, texts }
}

function offsetOf(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0
}

function utf8Length(codePoints: Int32Array, start: number, end: number): number {
  let length = 0
  for (let i = start; i < end && length < 6; i++) {
    const codePoint = codePoints[i]
    length += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4
  }
  return length
}

function forEachByte(codePoint: number, onByte: (byte: number) => void): void {
  if (codePoint < 0x80) {
    onByte(codePoint)
    return
  }
  if (codePoint < 0x800) {
    onByte(0xc0 | (codePoint >> 6))
  } else {
    if (codePoint < 0x10000) {
      onByte(0xe0 | (codePoint >> 12))
    } else {
      onByte(0xf0 | (codePoint >> 18))
      onByte(0x80 | ((codePoint >> 12) & 0x3f))
    }
    onByte(0x80 | ((codePoint >> 6) & 0x3f))
  }
  onByte(0x80 | (codePoint & 0x3f))
}
