import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import { fileError, makeFolder, realPath, requireMakeable } from '../../checkpoints/node/files.ts'
import { writeFileAtomic } from '../../checkpoints/node.ts'
import { ConfigError } from '../../core/errors.ts'
import { type EventContent, eventRecord } from '../event-file.ts'
import type { LoggerName } from '../report-settings.ts'
import type { TrainerCallback, TrainerEvent } from '../trainer-events.ts'
import type { LogEntry } from '../trainer-state.ts'
import type { TrainingArguments } from '../training-arguments.ts'
import { EVENT_FILE_START, LOG_FILE, LOGS_FOLDER } from './run-folder.ts'

const loggers: Record<LoggerName, (folder: string) => TrainerCallback> = {
  jsonl: (folder) => jsonLinesLogger(join(folder, LOG_FILE)),
  tensorboard: (folder) => tensorBoardLogger(folder),
}

type LoggingArguments = Pick<TrainingArguments, 'reportTo' | 'loggingDir'>

/** The loggers that a run's settings name. @param output the run's folder */
export function loggersOf(args: LoggingArguments, output: string): TrainerCallback[] {
  const folder = loggingFolder(args, output)
  return [...new Set(args.reportTo)].map((name) => loggers[name](folder))
}

/**
 * Makes sure, without touching the disk, that the loggers can write their files.
 * @throws CheckpointError `NOT_A_FOLDER` or `NO_PERMISSION`; ConfigError `ARGUMENT` for a folder that a checkpoint takes the place of
 */
export async function requireLoggingFolder(args: LoggingArguments, output: string): Promise<void> {
  if (args.reportTo.length === 0) return
  const folder = loggingFolder(args, output)
  await requireMakeable(folder, 'loggingDir')
  const [outermost] = relative(await realPath(output), await realPath(folder)).split(sep)
  if (!/^checkpoint-\d+$/.test(outermost)) return
  throw new ConfigError(
    'ARGUMENT',
    `loggingDir ${folder} is in ${join(output, outermost)}, which a checkpoint may replace as a whole: choose another folder`,
  )
}

const loggingFolder = ({ loggingDir }: LoggingArguments, output: string): string =>
  loggingDir ?? join(output, LOGS_FOLDER)

/**
 * A callback that writes each entry of the log as a line of JSON: `step`, `epoch` and `loss`, `grad_norm`, `learning_rate`, or
 * an evaluation's `eval_loss` and so on. A number that is not finite is null. A run that goes on from a checkpoint goes on with
 * the file, without what was logged after that checkpoint; a new run begins it anew.
 * @throws CheckpointError if the file cannot be written, which ends the run
 */
export function jsonLinesLogger(path: string): TrainerCallback {
  return async (event) => {
    if (event.type === 'start') {
      const kept = isResumed(event) ? (await linesOf(path)).filter(({ step }) => step <= event.firstStep) : []
      await makeFolder(dirname(path))
      await writeFileAtomic(path, kept.map(({ line }) => `${line}\n`).join(''))
    } else if (event.type === 'log') {
      await append(path, `${JSON.stringify(event.entry)}\n`)
    }
  }
}

/**
 * A callback that writes each entry of the log to an event file, which `tensorboard --logdir FOLDER` shows: `train/loss`,
 * `train/grad_norm`, `train/learning_rate`, `train/epoch`, `eval/loss` and so on, and the settings as text. What a run that goes
 * on from a checkpoint had logged after it is superseded, and so is all that earlier runs logged in the folder.
 * @throws CheckpointError if the file cannot be written, which ends the run
 */
export function tensorBoardLogger(folder: string): TrainerCallback {
  let path = ''
  return async (event, { args }) => {
    const records = (step: number, contents: readonly EventContent[]) => {
      const wallTime = Date.now() / 1000
      return Buffer.concat(contents.map((content) => eventRecord({ wallTime, step, ...content })))
    }
    if (event.type === 'start') {
      const { firstStep } = event
      await makeFolder(folder)
      path = await writeNewFile(
        folder,
        Buffer.concat([
          records(0, [{ fileVersion: 'brain.Event:2' }]),
          records(isResumed(event) ? firstStep + 1 : 0, [{ sessionStart: true }]),
          records(firstStep, [{ tag: 'args/text_summary', text: settingsTable(args) }]),
        ]),
      )
    } else if (event.type === 'log') {
      await append(path, records(event.entry.step, scalarsOf(event.entry)))
    }
  }
}

const isResumed = (event: TrainerEvent & { type: 'start' }): boolean => event.resumedFrom !== undefined

/** The names that transformers gives them. */
function scalarsOf({ step, epoch, ...values }: LogEntry): EventContent[] {
  const isEvaluation = !('loss' in values)
  const named = Object.entries(values).map(([name, scalar]) => {
    return { tag: name.startsWith('eval_') ? `eval/${name.slice('eval_'.length)}` : `train/${name}`, scalar }
  })
  return isEvaluation ? named : [...named, { tag: 'train/epoch', scalar: epoch }]
}

function settingsTable(args: object): string {
  const rows = Object.entries(args).map(([name, value]) => `| ${name} | ${JSON.stringify(value)} |`)
  return ['| setting | value |', '|---|---|', ...rows].join('\n')
}

/** Whole lines of a log file with their steps; none if there is no file. A last line that a kill has cut is left out. */
async function linesOf(path: string): Promise<{ line: string; step: number }[]> {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return ''
    throw fileError(error, path)
  })
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      try {
        return [{ line, step: Number(JSON.parse(line).step) }]
      } catch {
        return []
      }
    })
}

/** Writes a file under a name that no other has; files of a folder are read in the order of their names. */
async function writeNewFile(folder: string, data: Uint8Array): Promise<string> {
  const start = `${EVENT_FILE_START}${Math.floor(Date.now() / 1000)}.${hostname()}.${process.pid}`
  for (let number = 0; ; number++) {
    const path = join(folder, `${start}.${number}`)
    try {
      await writeFile(path, data, { flag: 'wx' })
      return path
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError(error, path)
    }
  }
}

async function append(path: string, data: string | Uint8Array): Promise<void> {
  await appendFile(path, data).catch((error) => {
    throw fileError(error, path)
  })
}
