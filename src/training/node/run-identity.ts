/** What tells a run from others, so that one with other settings or data is not resumed by mistake. */
import { createHash } from 'node:crypto'
import type { EncoderModel } from '../../models/model.ts'
import type { TrainingArguments } from '../training-arguments.ts'

/** The arguments that do not change the course of a run. */
export const undecisiveArguments = [
  'loggingSteps',
  'loggingStrategy',
  'loggingFirstStep',
  'saveOnlyModel',
  'accumulationCheck',
  'autoMicroBatch',
  'saveTotalLimit',
  'saveMinutes',
  'evalBatchSize',
  'reportTo',
  'loggingDir',
] as const satisfies readonly (keyof TrainingArguments)[]

/** The settings that change the course of a run; the others may change when it is resumed. */
export function decisive(args: TrainingArguments): Omit<TrainingArguments, (typeof undecisiveArguments)[number]> {
  const rest: Partial<TrainingArguments> = { ...args }
  for (const name of undecisiveArguments) delete rest[name]
  return rest as TrainingArguments
}

/**
 * What an adapted model adds to that: how it is adapted, and a hash of the weights that its checkpoints do not hold; nothing for
 * others.
 */
export async function adapterIdentity(model: EncoderModel): Promise<Record<string, unknown>> {
  if (!model.definition.lora) return {}
  const { base: _, ...lora } = model.definition.lora // where the weights come from does not matter if they are the same
  const sum = createHash('sha256')
  for (const { name, isFrozen } of model.parameters) if (isFrozen) sum.update(await model.parameter(name))
  return { lora, frozenWeights: sum.digest('hex').slice(0, 32) }
}

export function modelHash(model: EncoderModel): string {
  const { architecture, config } = model.definition
  return digest((add) => add(JSON.stringify([model.className, architecture.writeConfig(config), config.labels])))
}

/** Settings of a run that are kept as hashes, which say nothing to people, and what to say when they change. */
export const hashedSettings: Readonly<Record<string, string>> = {
  trainData: 'trainExamples holds other data than before',
  evalData: 'evalExamples holds other data than before',
  corpus: 'corpus (--corpus) holds other texts than before, or has another tokenizer',
  examples: 'the examples are cut from the corpus in another way than before',
  model: 'model (--model, --size) is of another shape, or has other labels, than before',
  frozenWeights: 'model (--model) has other weights than before',
}

/**
 * The settings that two runs do not share, a line each: `name: 1 -> 2`; nothing if they share all.
 * @param remarks what to say in its place, by name
 */
export function changedSettings(
  saved: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
  remarks: Readonly<Record<string, string>> = {},
): string[] {
  return [...new Set([...Object.keys(saved), ...Object.keys(now)])]
    .map((key) => [key, JSON.stringify(saved[key]), JSON.stringify(now[key])] as const)
    .filter(([, before, after]) => before !== after)
    .map(([key, before, after]) => (Object.hasOwn(remarks, key) ? remarks[key] : `${key}: ${before} -> ${after}`))
}

/** 32 hexadecimal digits of all that `fill` adds. */
export function digest(fill: (add: (part: string | NodeJS.ArrayBufferView) => void) => void): string {
  const sum = createHash('sha256')
  fill((part) => sum.update(part))
  return sum.digest('hex').slice(0, 32)
}
