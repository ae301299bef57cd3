import type { BinaryThreshold } from './binary-threshold.ts'
import type { PairedDifference } from './paired-tests.ts'
import type { ModelSummary, ReportedMetric, RunRecord } from './run-record.ts'
import type { SliceMetrics } from './slices.ts'
import type { TemperatureFit } from './temperature.ts'

/** All that an evaluation leaves behind for people to read. */
export interface EvaluationRecord
  extends Pick<RunRecord, 'confusion' | 'perClass' | 'reliability' | 'scatter' | 'wrongExamples' | 'warnings'> {
  title: string
  task: string
  /** When it ended, ISO 8601. */
  finishedAt?: string
  model: ModelSummary
  /** The file of the examples, and how many there are. */
  dataSource: string
  examples: number
  /** The first one is the headline. */
  metrics: Readonly<Record<string, ReportedMetric>>
  /** By column, or `text-length`. */
  slices?: Readonly<Record<string, readonly SliceMetrics[]>>
  comparison?: ModelComparison
  temperature?: TemperatureFit
  /** With what it is best for. */
  threshold?: FoundThreshold
}

/** A model beside another one, by metric. */
export interface ModelComparison {
  /** The other model. */
  model: string
  metrics: Readonly<Record<string, PairedDifference>>
}

/** A threshold of one label, and what it is best for, e.g. `recall where precision is at least 0.95`. */
export interface FoundThreshold extends BinaryThreshold {
  label: string
  goal: string
}
