import { ConfigError, didYouMean } from '../core/errors.ts'
import type { Command } from './command.ts'

/** A command as the program's help lists it; its file is loaded only when it is called. */
export interface CommandEntry {
  readonly name: string
  readonly summary: string
  load(): Promise<Command>
}

/** Every command, one line each. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: 'tokenizer train',
    summary: 'Learn a vocabulary from texts',
    load: async () => (await import('./commands/tokenizer-train.ts')).tokenizerTrain,
  },
  {
    name: 'tokenizer encode',
    summary: 'Show the pieces, ids and offsets of texts',
    load: async () => (await import('./commands/tokenizer-encode.ts')).tokenizerEncode,
  },
  {
    name: 'pretrain',
    summary: 'Pre-train a model on plain text, or adapt one to a domain',
    load: async () => (await import('./commands/pretrain.ts')).pretrain,
  },
  {
    name: 'finetune',
    summary: 'Train a model on labelled data',
    load: async () => (await import('./commands/finetune.ts')).finetune,
  },
  {
    name: 'search',
    summary: 'Find good training settings',
    load: async () => (await import('./commands/search.ts')).search,
  },
  {
    name: 'doctor',
    summary: 'Look over data and settings before a training',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'evaluate',
    summary: 'Measure a model on labelled data',
    load: async () => (await import('./commands/evaluate.ts')).evaluate,
  },
  {
    name: 'predict',
    summary: 'Use a model on texts',
    load: async () => (await import('./commands/predict.ts')).predict,
  },
  {
    name: 'inspect',
    summary: 'Show what a model folder holds',
    load: async () => (await import('./commands/inspect.ts')).inspect,
  },
]

/**
 * Finds the command that a command line begins with.
 * @returns the entry and the arguments behind its name; undefined if the line names none
 * @throws ConfigError naming the nearest command
 */
export function findCommand(args: readonly string[]): { entry: CommandEntry; rest: string[] } | undefined {
  const words: string[] = []
  for (const arg of args) {
    if (arg.startsWith('-') || words.length === 2) break
    words.push(arg)
  }
  if (words.length === 0) return undefined
  for (let count = words.length; count > 0; count--) {
    const entry = commandTable.find(({ name }) => name === words.slice(0, count).join(' '))
    if (entry) return { entry, rest: args.slice(count) }
  }
  const names = commandTable.map(({ name }) => name)
  const inFamily = names.filter((name) => name.startsWith(`${words[0]} `))
  const found = inFamily.length > 0 ? words.join(' ') : words[0]
  const known = inFamily.length > 0 ? inFamily : names
  throw new ConfigError(
    'UNKNOWN_COMMAND',
    `unknown command "${found}"${didYouMean(found, known)} (commands: ${known.join(', ')})`,
  )
}
