/** What the doctor found, on a terminal. */
import type { Finding } from '../data/doctor/index.ts'
import { readUnusedColumns } from '../data/doctor/node.ts'
import { type DiagnoseOptions, type Diagnosis, diagnose } from '../training/doctor/diagnose.ts'
import { readOptions } from './inputs.ts'
import { Stopped } from './stopped.ts'
import { shorten } from './tables.ts'
import { findTask } from './tasks/registry.ts'
import type { TaskValues } from './tasks/task-flags.ts'

/** Looks over files and settings as `diagnose` does, and over the columns of the training file. @throws as `diagnose` and the readers */
export async function diagnoseFiles(
  task: string,
  values: TaskValues & { readonly train: string },
  options: DiagnoseOptions<unknown>,
): Promise<Diagnosis> {
  const unusedColumns = findTask(task).hasColumns ? await readUnusedColumns(values.train, readOptions(values)) : []
  return diagnose(task, { ...options, unusedColumns })
}

/** `2 warnings, 1 remark` */
export function summaryText({ counts }: Pick<Diagnosis, 'counts'>): string {
  const names = { error: 'error', warning: 'warning', info: 'remark' } as const
  const parts = (['error', 'warning', 'info'] as const)
    .filter((severity) => counts[severity] > 0)
    .map((severity) => `${counts[severity]} ${names[severity]}${counts[severity] === 1 ? '' : 's'}`)
  return parts.join(', ') || 'nothing found'
}

/** A finding with its advice and some of its examples. */
export function findingText({ severity, code, message, advice, examples }: Finding, mostExamples = 5): string {
  const shown = examples.slice(0, mostExamples)
  const lines = shown.map(
    ({ place, text, note }) => `    ${place}: ${JSON.stringify(shorten(text, 90))}${note ? ` (${note})` : ''}`,
  )
  if (examples.length > shown.length) lines.push(`    … ${examples.length - shown.length} more with --json`)
  return [`${severity} ${code}: ${message}`, `  ${advice}`, ...lines].join('\n')
}

/** All findings; remarks in one line each if only the others matter now. */
export function diagnosisText(diagnosis: Diagnosis, { brief = false }: { brief?: boolean } = {}): string {
  const head = `doctor: ${summaryText(diagnosis)} (${diagnosis.seconds.toFixed(1)} s)`
  const texts = diagnosis.findings.map((finding) =>
    brief && finding.severity === 'info'
      ? `info ${finding.code}: ${finding.message}`
      : findingText(finding, brief ? 2 : 5),
  )
  return [head, ...texts].join(brief ? '\n' : '\n\n')
}

/** @throws Stopped if there is an error, or with `strict` a warning */
export function stopFor(diagnosis: Diagnosis, strict: boolean, details: Readonly<Record<string, unknown>>): void {
  const { error, warning } = diagnosis.counts
  if (error === 0 && (!strict || warning === 0)) return
  const what = error === 0 ? '--strict stops for warnings' : 'errors must be corrected first'
  throw new Stopped(`the doctor found ${summaryText(diagnosis)}: ${what}`, details)
}
