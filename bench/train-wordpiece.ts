/** bertsmith's side of the vocabulary training: each line of standard input names a text file; answers the vocabulary's size. */
import { createInterface } from 'node:readline'
import { readTexts } from '../src/data/node.ts'
import { trainWordPiece } from '../src/tokenizers/index.ts'

for await (const line of createInterface({ input: process.stdin })) {
  const { file, vocabSize } = JSON.parse(line) as { file: string; vocabSize: number }
  const tokenizer = await trainWordPiece(readTexts(file), { vocabSize })
  process.stdout.write(`${JSON.stringify({ vocabSize: tokenizer.vocabSize })}\n`)
}
