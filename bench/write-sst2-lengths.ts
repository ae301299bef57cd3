/**
 * Counts SST-2's sentences by length and writes bench/sst2-lengths.json.
 * Usage: tsx bench/write-sst2-lengths.ts DATA, the folder with sst2/train.tsv and bert-base-uncased/vocab.txt.
 */
import { writeFile } from 'node:fs/promises'
import { type LengthCounts, sst2Sequences } from './batches.ts'
import { inThisFolder } from './side.ts'

const counts: LengthCounts = {}
for (const { length } of await sst2Sequences(process.argv[2])) counts[length] = (counts[length] ?? 0) + 1
const description =
  "SST-2's training sentences by length in tokens, [CLS] and [SEP] included (bench/write-sst2-lengths.ts)"
await writeFile(inThisFolder('sst2-lengths.json'), `${JSON.stringify({ description, counts }, null, 2)}\n`)
