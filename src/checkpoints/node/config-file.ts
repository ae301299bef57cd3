import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CheckpointError } from '../../core/errors.ts'
import { fileError, makeFolder, pathKind, writeFileAtomic } from './files.ts'

/** Name of the settings in a model folder. */
export const CONFIG_FILE = 'config.json'

/**
 * Reads the config.json of a model folder, unchecked but for being a JSON object.
 * @throws CheckpointError if the folder or the file is missing or no JSON object
 */
export async function readConfig(folder: string): Promise<Record<string, unknown>> {
  await requireFolder(folder)
  const path = join(folder, CONFIG_FILE)
  if ((await pathKind(path)) === 'absent') {
    throw new CheckpointError(
      'NO_CONFIG',
      `${folder}: there is no ${CONFIG_FILE}. Give a model folder: it holds ${CONFIG_FILE}, model.safetensors and tokenizer files.`,
    )
  }
  return readJsonFile(path)
}

/**
 * Reads a file that holds one JSON object.
 * @throws CheckpointError `NOT_FOUND` or `BAD_JSON`
 */
export async function readJsonFile(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw fileError(error, path)
  })
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw new CheckpointError('BAD_JSON', `${path}: no valid JSON (${(cause as Error).message}). Correct the file.`, {
      cause,
    })
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new CheckpointError('BAD_JSON', `${path}: expected a JSON object. Correct the file.`)
  }
  return json as Record<string, unknown>
}

/**
 * Writes config.json with its keys sorted, as transformers does; creates the folder.
 * @param file another name for it
 * @throws CheckpointError
 */
export async function writeConfig(
  folder: string,
  config: Readonly<Record<string, unknown>>,
  file = CONFIG_FILE,
): Promise<void> {
  await makeFolder(folder)
  const sorted = Object.fromEntries(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)))
  await writeFileAtomic(join(folder, file), `${JSON.stringify(sorted, null, 2)}\n`)
}

/** @throws CheckpointError `NO_FOLDER` or `NOT_A_FOLDER` */
export async function requireFolder(folder: string): Promise<void> {
  const kind = await pathKind(folder)
  if (kind === 'absent') {
    throw new CheckpointError('NO_FOLDER', `${folder}: there is no such folder. Check the path.`)
  }
  if (kind === 'file') throw new CheckpointError('NOT_A_FOLDER', `${folder}: this is a file, expected a model folder.`)
}
