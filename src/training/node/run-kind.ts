import { join } from 'node:path'
import { pathKind } from '../../checkpoints/node/files.ts'
import { readJsonFile } from '../../checkpoints/node.ts'
import { ConfigError } from '../../core/errors.ts'
import { SETTINGS_FILE } from './run-folder.ts'

/** What kinds of run leave a folder, and which of the settings that tell runs apart only that kind has. */
const kinds = { finetune: 'trainData', pretrain: 'corpus' } as const

/**
 * Makes sure, without touching it, that a run to go on with is of one's own kind. A folder whose kind cannot be told passes.
 * @param folder of the run
 * @throws ConfigError `RUN_KIND` naming the kind that stands there; CheckpointError for settings that are no JSON
 */
export async function requireRunKind(folder: string, kind: keyof typeof kinds): Promise<void> {
  const path = join(folder, SETTINGS_FILE)
  if ((await pathKind(path)) !== 'file') return
  const settings = await readJsonFile(path)
  const found = (Object.keys(kinds) as (keyof typeof kinds)[]).find((name) => Object.hasOwn(settings, kinds[name]))
  if (found === undefined || found === kind) return
  throw new ConfigError(
    'RUN_KIND',
    `${folder} holds a run of ${found}, which ${kind} cannot go on with: choose another output folder, or replace the run ` +
      'with overwrite (--overwrite) in place of resume (--resume)',
  )
}
