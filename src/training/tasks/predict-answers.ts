import { ConfigError } from '../../core/errors.ts'
import {
  type AnswerOptions,
  type AnswerWindow,
  type BestAnswers,
  bestAnswers,
  collateQuestions,
  type QuestionExample,
  readAnswerOptions,
} from '../../data/question-answering/index.ts'
import type { ModelBatch } from '../../models/batch-inputs.ts'
import type { ModelOutput } from '../../models/model.ts'
import type { TaskPredictions } from './finetune-task.ts'
import { batchesByLength, type PredictOptions } from './predict.ts'

/** What is needed of a model: `logits: float32 [N, 2]`, the start and end logit of each of a batch's N tokens. */
export interface AnswerModel {
  forward(batch: ModelBatch): Promise<Pick<ModelOutput, 'logits'>>
}

/** How to run a model that finds answers. `allowNoAnswer` is by default whether a question is known to have none. */
export interface PredictAnswersOptions extends PredictOptions, AnswerOptions {}

/** What a model answers to a question. */
export interface AnsweredQuestion extends BestAnswers {
  /** That of its windows. */
  example: QuestionExample
  /** How many windows it has. */
  windows: number
  /** Sum over them of the loss: the mean of the cross-entropies of start and end. */
  lossSum: number
}

/** A model's answers. */
export interface AnswerPredictions extends TaskPredictions {
  /** In the order of their first windows. */
  questions: AnsweredQuestion[]
  /** Whether "no answer" was an answer. */
  allowNoAnswer: boolean
  nullScoreDiffThreshold: number
  /** Mean loss of the windows, as training computes it. */
  loss: number
}

/** A question of which not all windows are done. */
interface OpenQuestion {
  windows: AnswerWindow[]
  /** By window: float32 [length, 2] */
  logits: Float32Array[]
  /** Windows that are not done. */
  left: number
  lossSum: number
  best?: BestAnswers
}

/**
 * Runs a model on windows of `encodeQuestions`, and finds the best answers to each question in all of its windows.
 * @throws ConfigError for options out of range, or for a model that gives no start and end logit for each token
 */
export async function predictAnswers(
  model: AnswerModel,
  windows: readonly AnswerWindow[],
  { batchSize = 32, signal, onProgress, ...options }: PredictAnswersOptions = {},
): Promise<AnswerPredictions> {
  const settings = readAnswerOptions({ allowNoAnswer: windows.some(({ example }) => example.isImpossible), ...options })
  const questions = new Map<QuestionExample, OpenQuestion>()
  for (const window of windows) {
    const open = questions.get(window.example)
    if (open) open.windows.push(window)
    else questions.set(window.example, { windows: [window], logits: [], left: 0, lossSum: 0 })
  }
  for (const open of questions.values()) {
    open.left = open.windows.length
  }
  let done = 0
  for (const indices of batchesByLength(windows, batchSize)) {
    signal?.throwIfAborted()
    const chosen = indices.map((index) => windows[index])
    const batch = collateQuestions(chosen)
    const { logits } = await model.forward(batch)
    const data = requireAnswerLogits(logits, batch.tokens)
    chosen.forEach((window, b) => {
      const from = 2 * batch.firstTokens[b]
      readWindow(questions.get(window.example)!, window, data.slice(from, from + 2 * window.ids.length))
    })
    done += indices.length
    onProgress?.(done)
  }
  const answered = Array.from(questions, ([example, { windows, lossSum, best }]) => ({
    example,
    windows: windows.length,
    lossSum,
    ...best!,
  }))
  const { allowNoAnswer, nullScoreDiffThreshold } = settings
  const loss = answered.reduce((sum, { lossSum }) => sum + lossSum, 0) / windows.length
  return { questions: answered, allowNoAnswer, nullScoreDiffThreshold, loss }

  /** Answers a question when the last of its windows is done, so that only few have logits in memory. */
  function readWindow(open: OpenQuestion, window: AnswerWindow, logits: Float32Array): void {
    open.logits[open.windows.indexOf(window)] = logits
    open.lossSum += (crossEntropy(logits, 0, window.startLabel) + crossEntropy(logits, 1, window.endLabel)) / 2
    if (--open.left > 0) return
    open.best = bestAnswers(open.windows, open.logits, settings)
    open.logits = []
  }
}

function requireAnswerLogits(logits: ModelOutput['logits'], tokens: number): Float32Array {
  const [rows, columns] = logits?.dims ?? []
  if (logits?.data instanceof Float32Array && rows === tokens && columns === 2) return logits.data
  throw new ConfigError(
    'NO_ANSWER_LOGITS',
    `the model gives ${logits ? `logits of [${logits.dims.join(', ')}]` : 'no logits'} for ${tokens} tokens: expected ` +
      `[${tokens}, 2], a start and an end logit of each, as a model for question answering gives.`,
  )
}

/** -log softmax of one side's logits at a place. logits: float32 [length, 2] */
function crossEntropy(logits: Float32Array, side: 0 | 1, place: number): number {
  let largest = Number.NEGATIVE_INFINITY
  for (let i = side; i < logits.length; i += 2) largest = Math.max(largest, logits[i])
  let sum = 0
  for (let i = side; i < logits.length; i += 2) sum += Math.exp(logits[i] - largest)
  return Math.log(sum) + largest - logits[2 * place + side]
}
