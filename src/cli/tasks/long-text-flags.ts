import { ConfigError } from '../../core/errors.ts'
import { type LongTextSettings, type LongTexts, type WindowPooling, windowPoolings } from '../../models/long-texts.ts'
import { oneOf } from '../one-of.ts'
import type { TaskFlag, TaskValues } from './task-flags.ts'

/** The flags of tasks whose models pool the windows of long texts. */
export const longTextFlags = ['long-texts', 'stride', 'max-windows'] as const satisfies readonly TaskFlag[]

type LongTextValues = Pick<TaskValues, 'longTexts' | 'stride' | 'maxWindows'>

/** Cuts long texts, whatever the model did before. */
const none = 'none'

/**
 * How the flags say that long texts are read.
 * @returns null: they are cut; undefined: as the model has it, also for a task without these flags
 * @throws ConfigError `FLAG_VALUE`
 */
export function longTextSettings(
  { flags }: { readonly flags: readonly TaskFlag[] },
  { longTexts: pooling, stride, maxWindows }: LongTextValues,
): LongTextSettings | null | undefined {
  if (!flags.includes('long-texts')) return undefined
  if (pooling === undefined || pooling === none) {
    if (stride === undefined && maxWindows === undefined) return pooling === none ? null : undefined
    const flag = stride === undefined ? 'max-windows' : 'stride'
    throw new ConfigError('FLAG_VALUE', `--${flag} is for windows of long texts: give --long-texts mean, too`)
  }
  return {
    pooling: oneOf(pooling, [...windowPoolings, none], '--long-texts') as WindowPooling,
    ...(stride !== undefined && { stride }),
    ...(maxWindows !== undefined && { maxWindows }),
  }
}

/**
 * A trained model reads long texts as it was trained to: flags may say the same, and nothing else.
 * @throws ConfigError `LONG_TEXTS` naming what differs, and as `longTextSettings`
 */
export function requireSameLongTexts(
  task: { readonly flags: readonly TaskFlag[] },
  values: LongTextValues,
  saved: LongTexts | undefined,
  folder: string,
): void {
  const given = longTextSettings(task, values)
  if (given === undefined) return
  const same =
    given === null ? !saved : saved && Object.entries(given).every(([key, value]) => saved[key as 'stride'] === value)
  if (same) return
  throw new ConfigError(
    'LONG_TEXTS',
    `${folder}: the model ${saved ? `reads long texts so: ${describeLongTexts(saved)}` : 'cuts long texts'}. It is used as it was ` +
      'trained: leave out --long-texts, --stride and --max-windows, or train it anew with them.',
  )
}

/** `windows of 64 tokens that repeat 16, at most 8, pooled by mean` */
export function describeLongTexts({ pooling, maxLength, stride, maxWindows }: LongTexts): string {
  const most = maxWindows === undefined ? '' : `, at most ${maxWindows}`
  return `windows of ${maxLength} tokens that repeat ${stride}${most}, pooled by ${pooling}`
}
