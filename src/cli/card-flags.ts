import type { CardOptions } from '../training/report/card-facts.ts'
import type { Flags, ValuesOf } from './command.ts'

/** What only a person knows of a model, for its card. */
export const cardFlags = {
  language: {
    type: 'string',
    many: true,
    value: 'CODE…',
    description: 'Model card: languages of the texts, such as en',
  },
  license: { type: 'string', value: 'ID', description: 'Model card: licence of the model, such as apache-2.0' },
  'base-model': { type: 'string', value: 'ID', description: "Model card: the hub's id of --model" },
} as const satisfies Flags

/** What the flags tell of a model. */
export function readCardFlags({ language, license, baseModel }: Partial<ValuesOf<typeof cardFlags>>): CardOptions {
  return { language: language?.length === 1 ? language[0] : language, license, baseModel }
}

/** For a run whose folder has a README.md of the user's own. */
export const foreignCard = (output: string): string =>
  `${output}: README.md is not one that bertsmith wrote, so it stays as it is, and there is no model card`
