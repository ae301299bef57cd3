/** What several commands read: data files, model folders, output folders. */
import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { realPath, requireMakeable } from '../checkpoints/node/files.ts'
import { CheckpointError, ConfigError } from '../core/errors.ts'
import type { Example } from '../data/example.ts'
import { type ExampleFormat, type ReadOptions, readAllExamples } from '../data/node.ts'
import type { Flags } from './command.ts'

/** The values of flags that say how to read a data file. */
export interface DataValues {
  readonly textColumn?: string
  readonly textPairColumn?: string
  readonly labelColumn?: string
  readonly format?: string
}

/** Flags that say how to read a data file. */
export const dataFlags = {
  'text-column': {
    type: 'string',
    value: 'NAME',
    description: 'Column of the text (default text; from 0 without header)',
  },
  'text-pair-column': { type: 'string', value: 'NAME', description: 'Column of a second text (default text_pair)' },
  'label-column': { type: 'string', value: 'NAME', description: 'Column of the label (default label)' },
  format: { type: 'string', value: 'csv|tsv|jsonl|txt', description: 'Format of the files (default: by extension)' },
} as const satisfies Flags

export const maxLengthFlag = {
  type: 'number',
  description: 'Cut texts, or make windows of long ones, at so many tokens (default: what model and tokenizer take)',
} as const

/** The values of the data flags as the readers take them. */
export function readOptions({ textColumn, textPairColumn, labelColumn, format }: DataValues): ReadOptions {
  return { textColumn, textPairColumn, labelColumn, format: format as ExampleFormat | undefined }
}

/** Reads labelled examples. @throws DataError naming file, row and column */
export function readLabelled(file: string, values: DataValues): Promise<Example[]> {
  return readAllExamples(file, { ...readOptions(values), requireLabel: true })
}

/**
 * A model's folder.
 * @throws ConfigError `NOT_SUPPORTED` for what may be the id of a model on the hub; CheckpointError for a missing folder
 */
export async function modelFolder(model: string): Promise<string> {
  if (await isFolder(model)) return model
  if (await exists(model)) throw new CheckpointError('NOT_A_FOLDER', `${model} is a file, expected a model folder`)
  if (/^[\w.-]+(\/[\w.-]+)?$/.test(model) && !model.startsWith('.')) {
    throw new ConfigError(
      'NOT_SUPPORTED',
      `there is no folder "${model}". If it is the id of a model on the hub: only folders are supported yet, so fetch its ` +
        'files (config.json, model.safetensors, tokenizer.json or vocab.txt) and give their folder',
    )
  }
  throw new CheckpointError('NO_FOLDER', `${model}: there is no such folder. Check the path.`)
}

/**
 * Makes sure, without touching the disk, that a folder can be made and written.
 * @param flag what names it
 * @throws CheckpointError `NOT_A_FOLDER` or `NO_PERMISSION`
 */
export const checkOutputFolder = (folder: string, flag = '--output'): Promise<void> => requireMakeable(folder, flag)

/**
 * Makes sure that a file can be written there.
 * @param input the file that is read meanwhile
 * @throws CheckpointError; ConfigError `OVERWRITE` if it is the input, whatever it is called
 */
export async function checkOutputFile(file: string, input?: string): Promise<void> {
  if (await isFolder(file)) throw new CheckpointError('NOT_A_FILE', `${file} is a folder: give the name of a file`)
  await checkOutputFolder(dirname(resolve(file)))
  if (input === undefined || (await realPath(input)) !== (await realPath(file))) return
  throw new ConfigError(
    'OVERWRITE',
    `--output ${file} is the file of --input ${input}, which it would replace: choose another --output`,
  )
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
