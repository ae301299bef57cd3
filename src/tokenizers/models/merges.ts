import { TokenizerError } from '../../core/errors.ts'
import type { Vocabulary } from '../vocabulary.ts'

/**
 * The merges of a BPE model in a compact form: int32 [merges, 3], the ids of the left piece, the right piece and the two
 * together.
 *
 * @param pairs best first
 * @param continuingSubwordPrefix left out of the right piece where two are put together
 * @throws TokenizerError `TOKENIZER_FILE` for a piece that is not in the vocabulary
 */
export function createMerges(
  vocabulary: Vocabulary,
  pairs: Iterable<readonly [left: string, right: string]>,
  continuingSubwordPrefix: string | null = null,
  where = 'merges',
): Int32Array {
  let merges = new Int32Array(3 * 1024)
  let length = 0
  const add = (piece: string | undefined, left: string, right: string): void => {
    const id = piece === undefined ? undefined : vocabulary.tokenToId(piece)
    if (id === undefined) {
      const shown = piece === undefined ? 'without its prefix' : JSON.stringify(piece)
      throw new TokenizerError(
        'TOKENIZER_FILE',
        `${where}: merge ${(length / 3) | 0} of ${JSON.stringify(left)} and ${JSON.stringify(right)} needs the piece ${shown}, ` +
          'which the vocabulary lacks. The merges and the vocabulary should be from the same training.',
      )
    }
    if (length === merges.length) {
      const larger = new Int32Array(length * 2)
      larger.set(merges)
      merges = larger
    }
    merges[length++] = id
  }
  for (const [left, right] of pairs) {
    add(left, left, right)
    add(right, left, right)
    const rest = withoutPrefix(right, continuingSubwordPrefix ?? '')
    add(rest === undefined ? undefined : left + rest, left, right)
  }
  return merges.slice(0, length)
}

/** As the reference: as many UTF-8 bytes less as the prefix has, whatever they are. */
function withoutPrefix(piece: string, prefix: string): string | undefined {
  if (piece.startsWith(prefix)) return piece.slice(prefix.length)
  const encoder = new TextEncoder()
  const bytes = encoder.encode(piece).subarray(encoder.encode(prefix).length)
  const rest = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  return piece.endsWith(rest) ? rest : undefined
}
