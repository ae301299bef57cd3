import { rm, rmdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { pathKind } from '../../checkpoints/node/files.ts'
import { openTokenizedCorpus, type TokenizedCorpus, type TokenizedCorpusOptions } from '../../data/pretraining/node.ts'
import type { TokenStore } from '../../data/pretraining/token-store.ts'

/** The tokenised corpora of a run, which are open as long as it goes on and are not left behind if it is refused. */
export class RunCorpora {
  readonly #opened: TokenizedCorpus[] = []
  /** Folders that are not there before the run, those within others first. */
  readonly #missing: readonly string[]

  private constructor(missing: readonly string[]) {
    this.#missing = missing
  }

  /** @param folders that the run may make, with those above them */
  static async before(folders: readonly string[]): Promise<RunCorpora> {
    const missing = new Set<string>()
    for (const folder of folders) {
      for (let path = resolve(folder); (await pathKind(path)) === 'absent'; path = dirname(path)) missing.add(path)
    }
    return new RunCorpora([...missing].sort((a, b) => b.length - a.length))
  }

  /** @throws as `openTokenizedCorpus` */
  async open(paths: readonly string[], options: TokenizedCorpusOptions): Promise<TokenStore> {
    const opened = await openTokenizedCorpus(paths, options)
    this.#opened.push(opened)
    return opened.store
  }

  close(): void {
    for (const { store } of this.#opened) store.close()
  }

  /** Closes them and removes what the run has made: files of corpora, and folders that nothing else is in. */
  async discard(): Promise<void> {
    this.close()
    for (const { path, reused } of this.#opened) if (!reused) await rm(path, { force: true })
    for (const folder of this.#missing) await rmdir(folder).catch(() => {})
  }
}
