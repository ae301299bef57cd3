// What runs anywhere; readers of files stand in node.ts.
export {
  type AnswerCandidate,
  type AnswerOptions,
  type BestAnswers,
  bestAnswers,
  readAnswerOptions,
} from './best-answers.ts'
export { collateQuestions, type QuestionBatch } from './collate-questions.ts'
export {
  type AnswerWindow,
  type EncodedQuestions,
  type EncodeQuestionsOptions,
  encodeQuestions,
  type QuestionEncoder,
  type QuestionEncoderOptions,
  type QuestionEncoding,
} from './encode-questions.ts'
export {
  type Answer,
  describeQuestionPlace,
  type QuestionExample,
  type QuestionReadOptions,
  type QuestionSource,
} from './question-example.ts'
export { parseSquad } from './squad-reader.ts'
