import { type Command, commonFlags, type Flag, type Flags } from './command.ts'
import { commandTable } from './commands.ts'

const width = 34

/** What `bertsmith --help` prints. */
export function programHelp(version: string): string {
  const commands = commandTable.map(({ name, summary }) => `  ${name.padEnd(18)} ${summary}`).join('\n')
  return `bertsmith ${version}: build, train and run BERT models

Usage: bertsmith COMMAND [FLAGS]

Commands:
${commands}

bertsmith COMMAND --help shows a command's flags and an example. --version prints the version.`
}

/** What `bertsmith COMMAND --help` prints. */
export function commandHelp({ name, summary, example, positionals, flags }: Command): string {
  const required = Object.entries(flags).filter(([, flag]) => flag.required)
  const usage = [
    `bertsmith ${name}`,
    ...(positionals ? [positionals.required ? positionals.name : `[${positionals.name}]`] : []),
    ...required.map(([flag, { value }]) => `--${flag} ${value}`),
    '[FLAGS]',
  ].join(' ')
  return [
    `${summary}.`,
    `Usage: ${usage}`,
    ...(positionals ? [`  ${positionals.name.padEnd(width - 2)} ${positionals.description}`] : []),
    ...(Object.keys(flags).length > 0 ? [`Flags:\n${flagLines(flags)}`] : []),
    `Flags of every command:\n${flagLines(commonFlags)}`,
    `Example:\n${indent(example)}`,
  ].join('\n\n')
}

function flagLines(flags: Flags): string {
  const supported = Object.entries(flags).filter(([, flag]) => !flag.unsupported)
  const later = Object.entries(flags).filter(([, flag]) => flag.unsupported)
  const lines = supported.map(([name, flag]) => {
    const head = `  --${name}${flag.type === 'boolean' ? '' : ` ${flag.value ?? valueName(flag)}`}`
    const gap = head.length >= width ? `\n${' '.repeat(width)}` : ' '.repeat(width - head.length)
    return `${head}${gap} ${flag.description}${flag.required ? ' (required)' : ''}`
  })
  if (later.length > 0) lines.push(`  Not supported yet: ${later.map(([name]) => `--${name}`).join(', ')}`)
  return lines.join('\n')
}

const valueName = ({ type }: Flag): string => (type === 'number' ? 'N' : 'TEXT')

const indent = (text: string): string =>
  text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
