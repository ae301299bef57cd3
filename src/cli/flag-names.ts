/** Messages of the library name settings; on the command line these are flags. */
import { BertsmithError, CheckpointError, ConfigError, DataError, reworded, TokenizerError } from '../core/errors.ts'
import { camelCase, type Flags, isPath, kebabCase } from './command.ts'

/** Settings whose flag has another name. */
const otherNames: Readonly<Record<string, string>> = {
  nullScoreDiffThreshold: 'null-threshold',
  trainExamples: 'train',
  evalExamples: 'eval',
}

/** What is quoted, or a name such as `maxLength` or `pauseAfter.steps` that is no part of a path or a longer name. */
const quotedOrName = /"(?:\\.|[^"\\\n])*"|(?<![\w./\\-])[a-z]+[A-Z][A-Za-z0-9]*(?:\.[a-z]+)?(?![\w/\\-]|\.\w)/g

/** At the start of a message a single word is a name too, if the message is about it and not about a folder called so. */
const firstWord = /^[a-z]+(?=: "| (?:must|is(?! a (?:file|folder|link)\b)|leaves|needs)\b)/

/**
 * A message with the names of settings as those of the command's flags: `maxLength must be …` as `--max-length must be …`. What stands
 * in quotes is the user's, or belongs into a file of settings, and stays.
 */
export function withFlagNames(message: string, flags: Flags): string {
  const asFlag = (name: string) => {
    const flag = otherNames[name] ?? kebabCase(camelCase(name.replace('.', '-')))
    return Object.hasOwn(flags, flag) ? `--${flag}` : name
  }
  // A folder may be called as the flag that names it.
  const namesPath = (word: string) => Object.hasOwn(flags, word) && isPath(flags[word])
  return message
    .replace(firstWord, (word) => (namesPath(word) ? word : asFlag(word)))
    .replace(quotedOrName, (found) => (found[0] === '"' ? found : asFlag(found)))
}

/** An error that the user can mend, with flags for settings in its message; any other as it is. */
export function inFlags(error: unknown, flags: Flags): unknown {
  const ofUser = [ConfigError, DataError, CheckpointError, TokenizerError]
  if (!(error instanceof BertsmithError && ofUser.some((kind) => error.constructor === kind))) return error
  const message = withFlagNames(error.message, flags)
  return message === error.message ? error : reworded(error, message)
}
