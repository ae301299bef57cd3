import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../../checkpoints/node.ts'
import type { EvaluationRecord } from '../../training/evaluation-record.ts'
import { METRICS_FILE, REPORT_FILE } from '../../training/node/run-folder.ts'
import { renderEvaluation } from '../../training/report/render-evaluation.ts'

/** Writes metrics.json and report.html. @throws CheckpointError if the folder cannot be written */
export async function saveEvaluation(folder: string, json: object, record: EvaluationRecord): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFileAtomic(join(folder, METRICS_FILE), `${JSON.stringify(json, null, 2)}\n`)
  await writeFileAtomic(join(folder, REPORT_FILE), renderEvaluation(record))
}
