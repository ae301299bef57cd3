export {
  type ChoiceExample,
  type ChoiceItem,
  type ChoiceQuestion,
  choiceLabels,
  choiceTexts,
  type EncodedChoices,
  encodeChoices,
} from './choice-example.ts'
export type { ChoiceColumnOptions } from './choice-reader.ts'
