/** Where a training writes, checked before it reads anything. */
import { relative, sep } from 'node:path'
import { realPath } from '../checkpoints/node/files.ts'
import { ConfigError } from '../core/errors.ts'
import { tokenizerMarks } from '../tokenizers/files/file-names.ts'
import { requireLoggingFolder } from '../training/node/loggers.ts'
import { type RunKind, requireRunRoom } from '../training/node/run-folder.ts'
import type { TrainingArguments } from '../training/training-arguments.ts'
import { checkOutputFolder } from './inputs.ts'
import { evaluationFiles } from './training-data.ts'

/** The values of flags that name files and folders of a training. */
export interface TrainingFolders {
  readonly output: string
  readonly model?: string
  readonly tokenizer?: string
  readonly train?: string
  /** A file, or several as NAME=FILE. */
  readonly eval?: string | readonly string[]
  readonly corpus?: readonly string[]
  /** `NAME=FILE`. */
  readonly evalCorpus?: readonly string[]
  readonly resume?: boolean
  readonly overwrite?: boolean
}

/** Folders in `--output` that `--overwrite` removes with a run. */
const runFolders = /^(checkpoint-\d+|adapter)$/

/** Those that it removes with a search. */
export const searchFolders = /^(checkpoint-\d+|adapter|trials)$/

/**
 * Makes sure, without touching the disk, that a training can write its files and destroys nothing that it is not to.
 * @throws ConfigError as `requireRunRoom`; CheckpointError as `checkOutputFolder` and `requireLoggingFolder`
 */
export async function checkTrainingFolders(
  kind: RunKind,
  folders: TrainingFolders,
  args: Pick<TrainingArguments, 'reportTo' | 'loggingDir'>,
): Promise<void> {
  await checkOverwriting(folders)
  await requireLoggingFolder(args, folders.output)
  const { output, model, tokenizer = model } = folders
  const isOwn = tokenizer !== undefined && (await realPath(tokenizer)) === (await realPath(output))
  await requireRunRoom(output, kind, folders, isOwn ? [] : tokenizerMarks)
}

/**
 * The part of it that searches share.
 * @param replaced names of the folders in `--output` that `--overwrite` removes
 * @throws ConfigError `OVERWRITE` if what the training starts from or reads would be removed; CheckpointError as `checkOutputFolder`
 */
export async function checkOverwriting(folders: TrainingFolders, replaced = runFolders): Promise<void> {
  const { output, resume, overwrite } = folders
  if (resume && overwrite) throw new ConfigError('OVERWRITE', '--resume and --overwrite contradict each other')
  await checkOutputFolder(output)
  if (!overwrite) return
  const to = await realPath(output)
  for (const [flag, path] of inputsOf(folders)) {
    const inner = relative(to, await realPath(path))
    // Files of data and of the tokenizer stay beside a run, or are written anew; the model is replaced.
    const isReplaced = inner === '' && flag === 'model'
    if (!isReplaced && !replaced.test(inner.split(sep)[0])) continue
    throw new ConfigError(
      'OVERWRITE',
      `--output ${output} ${isReplaced ? 'is the folder of' : 'holds'} --${flag} ${path}, which --overwrite would replace: ` +
        `choose another --output, so that ${flag === 'model' ? 'the model to start from' : 'it'} stays`,
    )
  }
}

/** What a training reads: the flag and the path of each. */
function inputsOf(folders: TrainingFolders): [flag: string, path: string][] {
  const evaluation = evaluationFiles(folders.eval)
  const paths: Record<string, readonly (string | undefined)[]> = {
    model: [folders.model],
    tokenizer: [folders.tokenizer],
    train: [folders.train],
    eval: typeof evaluation === 'string' ? [evaluation] : Object.values(evaluation),
    corpus: folders.corpus ?? [],
    'eval-corpus': (folders.evalCorpus ?? []).map((entry) => entry.slice(entry.indexOf('=') + 1)),
  }
  return Object.entries(paths).flatMap(([flag, given]) =>
    given.flatMap((path): [string, string][] => (path === undefined ? [] : [[flag, path]])),
  )
}
