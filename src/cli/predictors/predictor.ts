import type { Logger } from '../../core/logger.ts'
import type { PredictOptions } from '../../training/tasks/predict.ts'
import type { PredictFlag, PredictValues } from './predict-flags.ts'

/** A task as `predict` sees it: what is asked, on the command line or in a file, and the model that answers. */
export interface PredictTask<Input = never, Row = never> {
  /** The flags of `predict` that are for this task, of those that are not for all. */
  readonly flags: readonly PredictFlag[]
  /** How to give inputs, for messages: e.g. `texts as arguments or a file with --input FILE`. */
  readonly usage: string
  /** What the command line itself asks; nothing if it does not. @throws ConfigError for arguments that do not fit the task */
  inputs(texts: readonly string[], values: PredictValues): Input[]
  /** What a file asks. @throws DataError naming file and place */
  read(file: string, values: PredictValues): AsyncIterable<Input>
  /** @throws ConfigError, CheckpointError or TokenizerError */
  load(folder: string, values: PredictValues, logger: Logger): Promise<Predictor<Input, Row>>
}

/** What `predict` does with a loaded model: inputs in, one row an input out, and how rows are shown. */
export interface Predictor<Input = never, Row = never> {
  predict(inputs: readonly Input[], options: PredictOptions): Promise<Row[]>
  /** What `--json` prints. @param single whether one input was given on the command line */
  json(rows: readonly Row[], single: boolean): Record<string, unknown>
  /** For people. */
  table(rows: readonly Row[]): string
  /** A row as a line of a .jsonl file. */
  record(row: Row): unknown
  readonly csvHeader: readonly string[]
  /** A row as lines of a .csv file. */
  csvRows(row: Row): readonly (readonly string[])[]
  /** Ends the model's engine. */
  close(): Promise<void>
}
