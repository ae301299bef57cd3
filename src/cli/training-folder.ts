/** Where a training writes, checked before it reads anything. */
import { realpath } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import { ConfigError } from '../core/errors.ts'
import { requireLoggingFolder } from '../training/node/loggers.ts'
import { requireNoRun } from '../training/node/run-folder.ts'
import type { TrainingArguments } from '../training/training-arguments.ts'
import { checkOutputFolder } from './inputs.ts'

/** The values of flags that name folders of a training. */
export interface TrainingFolders {
  readonly output: string
  readonly model?: string
  readonly resume?: boolean
  readonly overwrite?: boolean
}

/** Folders in `--output` that `--overwrite` removes with a run: its checkpoints. */
const runFolders = /^checkpoint-\d+$/

/** Those that it removes with a search. */
export const searchFolders = /^(checkpoint-\d+|trials)$/

/**
 * Makes sure, without touching the disk, that a training can write its files and destroys nothing that it is not to.
 * @throws ConfigError `OVERWRITE` or `OUTPUT_NOT_EMPTY`; CheckpointError as `checkOutputFolder` and `requireLoggingFolder`
 */
export async function checkTrainingFolders(
  folders: TrainingFolders,
  args: Pick<TrainingArguments, 'reportTo' | 'loggingDir'>,
): Promise<void> {
  await checkOverwriting(folders)
  await requireLoggingFolder(args, folders.output)
  if (!folders.resume && !folders.overwrite) await requireNoRun(folders.output)
}

/**
 * The part of it that searches share.
 * @param replaced names of the folders in `--output` that `--overwrite` removes
 * @throws ConfigError `OVERWRITE` if the model to start from would be replaced; CheckpointError as `checkOutputFolder`
 */
export async function checkOverwriting(
  { output, model, resume, overwrite }: TrainingFolders,
  replaced = runFolders,
): Promise<void> {
  if (resume && overwrite) throw new ConfigError('OVERWRITE', '--resume and --overwrite contradict each other')
  await checkOutputFolder(output)
  if (!overwrite || model === undefined) return
  const [from, to] = await Promise.all([model, output].map((path) => realpath(path).catch(() => resolve(path))))
  const inner = relative(to, from)
  if (inner !== '' && !replaced.test(inner.split(sep)[0])) return
  throw new ConfigError(
    'OVERWRITE',
    `--output ${output} ${inner === '' ? 'is the folder of' : 'holds'} --model ${model}, which --overwrite would replace: choose ` +
      'another --output, so that the model to start from stays',
  )
}
