import type { Vocabulary } from '../vocabulary.ts'
import type { BpeConfig, ModelConfig, UnigramConfig } from './config.ts'

/**
 * The JSON text of a model as huggingface/tokenizers writes it, vocabulary in the order of the ids: an object would put
 * tokens such as "7" first.
 *
 * @param indent spaces before the lines after the first, for its place in a file: default 2
 */
export function formatModel(config: ModelConfig, indent = 2): string {
  const margin = ' '.repeat(indent)
  const inner = `${margin}  `
  // The order of the fields is the reference's.
  const lines = [`"type": ${JSON.stringify(config.type)}`]
  const add = (key: string, text: string) => lines.push(`${JSON.stringify(key)}: ${text}`)
  const addValue = <K extends string>(object: Record<K, string | number | boolean | null>, ...keys: K[]) => {
    for (const key of keys) add(key, JSON.stringify(object[key]))
  }
  switch (config.type) {
    case 'WordPiece':
      addValue(config, 'unk_token', 'continuing_subword_prefix', 'max_input_chars_per_word')
      add('vocab', formatVocabulary(config.vocab, inner))
      break
    case 'BPE':
      addValue(config, 'dropout', 'unk_token', 'continuing_subword_prefix', 'end_of_word_suffix')
      addValue(config, 'fuse_unk', 'byte_fallback', 'ignore_merges')
      add('vocab', formatVocabulary(config.vocab, inner))
      add('merges', formatMerges(config, inner))
      break
    case 'Unigram':
      addValue(config, 'unk_id')
      add('vocab', formatScores(config, inner))
      addValue(config, 'byte_fallback')
      break
    case 'WordLevel':
      add('vocab', formatVocabulary(config.vocab, inner))
      addValue(config, 'unk_token')
  }
  return enclosed('{', lines, '}', margin)
}

function formatVocabulary(vocabulary: Vocabulary, margin: string): string {
  const lines: string[] = []
  for (const [token, id] of vocabulary) lines.push(`${JSON.stringify(token)}: ${id}`)
  return enclosed('{', lines, '}', margin)
}

function formatMerges({ vocab, merges }: BpeConfig, margin: string): string {
  const lines: string[] = []
  for (let i = 0; i < merges.length; i += 3) {
    const pair = [vocab.idToToken(merges[i]), vocab.idToToken(merges[i + 1])]
    lines.push(
      enclosed(
        '[',
        pair.map((piece) => JSON.stringify(piece)),
        ']',
        `${margin}  `,
      ),
    )
  }
  return enclosed('[', lines, ']', margin)
}

function formatScores({ vocab, scores }: UnigramConfig, margin: string): string {
  const lines: string[] = []
  for (const [piece, id] of vocab) {
    // As the reference: with a point, so that it is seen to be no whole number.
    const score = Number.isInteger(scores[id]) ? scores[id].toFixed(1) : JSON.stringify(scores[id])
    lines.push(enclosed('[', [JSON.stringify(piece), score], ']', `${margin}  `))
  }
  return enclosed('[', lines, ']', margin)
}

function enclosed(open: string, lines: readonly string[], close: string, margin: string): string {
  if (lines.length === 0) return open + close
  return `${open}\n${margin}  ${lines.join(`,\n${margin}  `)}\n${margin}${close}`
}
