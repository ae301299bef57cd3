import type { TextInput } from '../../pipelines/text-classification.ts'
import type { PredictOptions } from '../../training/tasks/predict.ts'

/** What `predict` does with a model of one task: texts in, one row a text out, and how rows are shown. */
export interface Predictor<Row = unknown> {
  predict(inputs: readonly TextInput[], options: PredictOptions): Promise<Row[]>
  /** What `--json` prints. @param single whether one text was given as an argument */
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
