/** Model folders of transformers, loaded and changed, for tests of loading. */
import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unpack } from '../../../test/checkpoint-fixture.ts'
import { collateSequences } from '../../data/collator.ts'
import type { EncoderModel } from '../../models/model.ts'
import { type LoadModelOptions, loadModel } from './auto-model.ts'

/** transformers' answers in float64. */
export const fixture: { sequences: number[][]; answers: Record<string, number[]> } = JSON.parse(
  readFileSync(new URL('auto-model.fixture.json', import.meta.url), 'utf8'),
)
/** The fixture's sequences, the second half of each another segment. */
export const batch = collateSequences(
  fixture.sequences.map((ids) => ({
    ids: Int32Array.from(ids),
    typeIds: Int32Array.from(ids, (_, t) => Number(t >= Math.floor(ids.length / 2))),
  })),
)

/** Loads a folder, runs `use` and closes the model. */
export async function withModel<T>(
  folder: string,
  task: string | undefined,
  options: LoadModelOptions,
  use: (model: EncoderModel) => Promise<T>,
): Promise<T> {
  const model = await loadModel(folder, task, { threads: 1, ...options })
  return use(model).finally(() => model.close())
}

/** A copy of a fixture's folder with other settings in its config.json. */
export async function withConfig(
  root: string,
  name: string,
  as: string,
  changes: Record<string, unknown>,
): Promise<string> {
  const folder = await unpack(root, name, as)
  const file = join(folder, 'config.json')
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), ...changes }))
  return folder
}

/** A folder's config.json. */
export const readJson = async (folder: string) => JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))

/** Collects what the logger is told. */
export function listener() {
  const messages: string[] = []
  const note = (message: string) => messages.push(message)
  return { messages, logger: { debug() {}, info: note, warn: note, error: note } }
}
