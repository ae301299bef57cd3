import type { ChoiceReadOptions } from '../../data/multiple-choice/node.ts'

/** The flags of data files as the reader of questions with choices takes them. */
export const choiceReadOptions = ({
  textColumn,
  labelColumn,
  format,
}: {
  readonly textColumn?: string
  readonly labelColumn?: string
  readonly format?: string
}): ChoiceReadOptions => ({ textColumn, labelColumn, format: format as ChoiceReadOptions['format'] })
