import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { BertsmithError, CheckpointError, ConfigError, DataError, nearestName, TokenizerError } from '../core/errors.ts'
import { packageVersion } from '../training/node/environment.ts'
import {
  type Command,
  type CommandContext,
  checkFlags,
  commonFlags,
  type Flags,
  type FlagValues,
  type ProgressMessage,
  parseFlags,
  settingsFromFile,
} from './command.ts'
import { commandTable, findCommand } from './commands.ts'
import { inFlags } from './flag-names.ts'
import { commandHelp, programHelp } from './help.ts'
import { Interrupted } from './interrupted.ts'
import { Stopped } from './stopped.ts'

/** What the program uses of its process. */
export interface ProgramProcess extends Pick<NodeJS.Process, 'stdout' | 'stderr'> {
  on(signal: NodeJS.Signals, handle: () => void): unknown
  /** Ends the process at once, as the signal would: a shell sees status 130 for SIGINT. */
  die(signal: NodeJS.Signals): void
  /** Sends to the process that started this one, if there is a channel to it. */
  send?(message: ProgressMessage): unknown
}

/**
 * Runs a command line and prints its result or error.
 * @returns the exit status: 0 done, 2 wrong usage or bad input, 130 stopped by Ctrl-C, 1 anything else
 */
export async function runProgram(args: readonly string[], system: ProgramProcess): Promise<number> {
  const json = wantsJson(args)
  try {
    const answer = await answerTo(args, system)
    if (typeof answer === 'string') system.stdout.write(`${answer}\n`)
    else if (answer.json) system.stdout.write(`${JSON.stringify(answer.result)}\n`)
    return 0
  } catch (error) {
    const { status, code, message, trace } = judge(error)
    const details = error instanceof Stopped ? error.details : undefined
    if (trace) system.stderr.write(`${trace}\n`)
    if (json) system.stdout.write(`${JSON.stringify({ ...details, error: { code, message } })}\n`)
    else if (!trace) system.stderr.write(`${status === 130 ? '' : 'error: '}${message}\n`)
    return status
  }
}

/** Help text, or a command's result. */
async function answerTo(
  args: readonly string[],
  system: ProgramProcess,
): Promise<string | { json: boolean; result: unknown }> {
  const found = findCommand(args)
  if (!found) {
    requireCommand(args)
    const { values } = parseFlags(args, { ...commonFlags, version: { type: 'boolean', description: '' } })
    const version = await packageVersion()
    if (values.version) return version
    if (values.help) return programHelp(version)
    throw noCommand()
  }
  const command = await found.entry.load()
  const flags: Flags = { ...command.flags, ...commonFlags }
  const { values: given, positionals } = parseFlags(found.rest, flags)
  if (given.help) return commandHelp(command)
  const values: FlagValues = { ...(await configSettings(given.config as string | undefined, flags)), ...given }
  checkFlags(values, flags)
  checkCommon(values)
  checkPositionals(command, positionals)
  const json = values.json === true
  const context = createContext(json, system)
  try {
    return { json, result: await command.run(values as never, positionals, context) }
  } catch (error) {
    throw inFlags(error, flags)
  }
}

/** Flags of a command whose name was forgotten are not called unknown. @throws ConfigError `NO_COMMAND` */
function requireCommand(args: readonly string[]): void {
  const isOwn = (arg: string) => arg === '-h' || nearestName(arg.replace(/^--/, ''), ['help', 'version']) !== undefined
  if (!args.some((arg) => arg.startsWith('-') && isOwn(arg))) throw noCommand()
}

const noCommand = () =>
  new ConfigError(
    'NO_COMMAND',
    `a command is missing: bertsmith COMMAND, one of ${commandTable.map(({ name }) => name).join(', ')}; bertsmith --help ` +
      'says what they do',
  )

async function configSettings(file: string | undefined, flags: Flags): Promise<FlagValues> {
  if (file === undefined) return {}
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new ConfigError('CONFIG_FILE', `--config ${file} cannot be read: ${cause.message}`, { cause })
  })
  let content: unknown
  try {
    content = parse(text) // YAML, of which JSON is a part
  } catch (cause) {
    throw new ConfigError('CONFIG_FILE', `${file} is no valid YAML or JSON: ${(cause as Error).message}`, { cause })
  }
  return settingsFromFile(content ?? {}, flags, file)
}

function checkCommon({ device = 'cpu', threads = 1, seed = 0 }: FlagValues): void {
  if (device !== 'cpu') {
    const known = device === 'webgpu' || device === 'cuda'
    throw new ConfigError('DEVICE', `--device ${device} is ${known ? 'not supported yet' : 'unknown'}: use cpu`)
  }
  if (!Number.isInteger(threads) || (threads as number) < 1)
    throw new ConfigError('FLAG_VALUE', `--threads must be a whole number of at least 1, not ${threads}`)
  if (!Number.isSafeInteger(seed) || (seed as number) < 0)
    throw new ConfigError('FLAG_VALUE', `--seed must be a whole number of at least 0, not ${seed}`)
}

function checkPositionals({ name, positionals }: Command, given: readonly string[]): void {
  if (positionals?.required && given.length === 0)
    throw new ConfigError('MISSING_ARGUMENT', `missing: ${positionals.name}, ${positionals.description}`)
  const extra = given[positionals ? (positionals.many ? given.length : 1) : 0]
  if (extra !== undefined)
    throw new ConfigError('EXTRA_ARGUMENT', `"${extra}" is one argument too many: bertsmith ${name} --help shows how`)
}

function createContext(json: boolean, system: ProgramProcess): CommandContext {
  const interrupt = { handle: (signal: NodeJS.Signals): void => system.die(signal) }
  system.on('SIGINT', () => interrupt.handle('SIGINT'))
  system.on('SIGTERM', () => interrupt.handle('SIGTERM'))
  return {
    json,
    stderr: system.stderr,
    tell: (progress) => system.send?.(progress),
    print: (text) => {
      if (!json) system.stdout.write(`${text}\n`)
    },
    note: (text) => {
      system.stderr.write(`${text}\n`)
    },
    async stoppable(remark, work) {
      const controller = new AbortController()
      interrupt.handle = (signal) => {
        if (controller.signal.aborted) return system.die(signal)
        // Below whatever stands on the line, such as a progress bar.
        system.stderr.write(`\n${remark}\n`)
        controller.abort()
      }
      try {
        return await work(controller.signal)
      } finally {
        interrupt.handle = system.die
      }
    },
  }
}

/** What to say about something that was thrown, and the exit status. Mistakes of the user need no stack trace. */
function judge(error: unknown): { status: number; code: string; message: string; trace?: string } {
  const { message = String(error), stack } = error as Error
  const code = error instanceof BertsmithError ? error.code : 'UNEXPECTED'
  if (error instanceof Interrupted) return { status: 130, code, message }
  const ofUser = [ConfigError, DataError, CheckpointError, TokenizerError, Stopped]
  if (ofUser.some((kind) => error instanceof kind)) return { status: 2, code, message }
  return { status: 1, code, message, trace: stack ?? message }
}

/** Also where the flags cannot be read, errors are to be JSON if that was asked for. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).includes('--json')
}
