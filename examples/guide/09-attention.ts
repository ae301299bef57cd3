/**
 * Where a model looks: how much of each token every token takes in, as a heat map in the terminal and as an SVG file.
 * Twin of output_attentions=True with matplotlib's imshow, or BertViz.
 */
import { writeFile } from 'node:fs/promises'
import { AutoModel, AutoTokenizer, collateSequences } from 'bertsmith'
import { languageModel } from './setup.ts'

const tokenizer = await AutoTokenizer.fromPretrained(languageModel)
const model = await AutoModel.fromPretrained(languageModel)
const encoding = tokenizer.encode('The capital of France is [MASK].')
const { tokens } = encoding
const { attentions = [] } = await model.forward(collateSequences([encoding]), { outputAttentions: true })

/** Attention from token to token, the mean of a layer's heads; each row adds up to 1. */
function attentionMap(layer: number): number[][] {
  const { data, dims } = attentions[layer] // [1, heads, tokens, tokens]
  const [, heads, size] = dims
  const at = (head: number, from: number, to: number) => data[(head * size + from) * size + to]
  const mean = (from: number, to: number) => {
    let sum = 0
    for (let head = 0; head < heads; head++) sum += at(head, from, to)
    return sum / heads
  }
  return tokens.map((_, from) => tokens.map((_, to) => mean(from, to)))
}

const rows = attentionMap(0)
console.log(' '.repeat(9) + tokens.map((token) => token.slice(0, 3).padEnd(4)).join(''))
for (const [from, row] of rows.entries()) {
  const shades = row.map((share) => ' ░▒▓█'[Math.min(4, Math.floor(share * 10))].repeat(4)).join('')
  const most = row.indexOf(Math.max(...row))
  console.log(`${tokens[from].padStart(8)} ${shades}|  most at ${tokens[most]} (${row[most].toFixed(2)})`)
}

const cells = rows.flatMap((row, y) =>
  row.map((share, x) => `<rect x="${80 + 40 * x}" y="${40 + 40 * y}" width="39" height="39" fill-opacity="${share}"/>`),
)
const names = tokens.map(
  (token, i) => `<text x="4" y="${64 + 40 * i}">${token}</text>
  <text x="${84 + 40 * i}" y="34" transform="rotate(-35 ${84 + 40 * i} 34)">${token}</text>`,
)
const side = 110 + 40 * tokens.length
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" font-family="sans-serif" font-size="13">
<g fill="darkblue">${cells.join('')}</g>\n${names.join('\n')}</svg>\n`
await writeFile('out/guide/attention.svg', svg)
await model.close()
