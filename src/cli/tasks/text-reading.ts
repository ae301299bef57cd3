import type { EncoderConfig } from '../../models/architecture.ts'
import { type LongTextSettings, type LongTexts, longTexts } from '../../models/long-texts.ts'
import type { CommandTask } from './command-task.ts'
import { taskLength } from './task-length.ts'

/** How texts become the input of a model. */
export interface TextReading {
  /** Tokens that texts are cut to, or that a window has. */
  maxLength: number
  /** Windows of longer texts; without them these are cut. */
  longTexts?: LongTexts
  /** The same as `loadModel` takes it: undefined leaves what the model has, null takes it away. */
  settings?: LongTextSettings | null
}

/**
 * How a task reads texts with a model that is to be trained for it. A model of the task goes on reading long texts as it did, unless
 * flags say otherwise; one of another task does not.
 *
 * @param given what the flags say, as `longTextSettings` has it
 * @param model `isOfTask`: whether it was trained for the task
 * @throws ConfigError as `taskLength` and `longTexts`
 */
export function textReading(
  task: Pick<CommandTask, 'usualLength'>,
  given: LongTextSettings | null | undefined,
  { config, isOfTask }: { config: ReadConfig; isOfTask: boolean },
  tokenizer: Parameters<typeof taskLength>[2],
  wanted?: number,
): TextReading {
  const keepsWindows = given === undefined && isOfTask
  const read = keepsWindows ? config : { ...config, longTexts: undefined }
  const maxLength = taskLength(task, { config: read }, tokenizer, wanted)
  if (keepsWindows) return { maxLength, longTexts: config.longTexts }
  if (!given) return { maxLength, settings: null }
  const settings = { ...given, maxLength }
  return { maxLength, longTexts: longTexts(settings, config.maxPositionEmbeddings), settings }
}

type ReadConfig = Pick<EncoderConfig, 'maxPositionEmbeddings' | 'vocabSize' | 'longTexts'>
