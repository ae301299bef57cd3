import { ConfigError } from '../../core/errors.ts'
import { camelCase, type FlagValues } from '../command.ts'

/** What has flags of its own. */
interface FlagOwner {
  readonly name: string
  readonly flags: readonly string[]
}

/**
 * Refuses flags that are for other tasks.
 * @param among all flags that some tasks have and others have not
 * @throws ConfigError `FLAG_TASK` naming the tasks that have it
 */
export function checkOwnFlags(
  { name, flags }: FlagOwner,
  values: Readonly<FlagValues>,
  among: Readonly<Record<string, unknown>>,
  owners: readonly FlagOwner[],
): void {
  for (const flag of Object.keys(among)) {
    if (values[camelCase(flag)] === undefined || flags.includes(flag)) continue
    const others = owners.filter((owner) => owner.flags.includes(flag)).map((owner) => owner.name)
    throw new ConfigError('FLAG_TASK', `--${flag} is not for ${name}, but for ${others.join(', ')}: leave it out`)
  }
}
