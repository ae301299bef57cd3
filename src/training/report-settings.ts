import { ConfigError, didYouMean } from '../core/errors.ts'

/** Loggers by name: a JSON Lines file, TensorBoard's event files. */
export type LoggerName = 'jsonl' | 'tensorboard'

export const loggerNames: readonly LoggerName[] = ['jsonl', 'tensorboard']

/** The training arguments that say where the log goes besides trainer_state.json; of `finetune` and `pretrain`. */
export interface ReportSettings {
  /** Default: nowhere. */
  reportTo: readonly LoggerName[]
  /** Folder of the loggers' files; default `logs` in the output folder. */
  loggingDir: string | null
}

export const reportDefaults: Readonly<ReportSettings> = { reportTo: [], loggingDir: null }

/** Checks these settings. @throws ConfigError naming the setting */
export function checkReportSettings({ reportTo, loggingDir }: ReportSettings): void {
  if (!Array.isArray(reportTo)) {
    throw new ConfigError('ARGUMENT', `reportTo must be a list of ${loggerNames.join(', ')}, not ${reportTo}`)
  }
  const unknown = reportTo.find((name) => !loggerNames.includes(name))
  if (unknown !== undefined) {
    throw new ConfigError(
      'ARGUMENT',
      `reportTo must be some of ${loggerNames.join(', ')}, not ${unknown}${didYouMean(`${unknown}`, loggerNames)}`,
    )
  }
  if (loggingDir === null) return
  if (typeof loggingDir !== 'string' || loggingDir === '') {
    throw new ConfigError('ARGUMENT', `loggingDir must be the path of a folder, not ${JSON.stringify(loggingDir)}`)
  }
  if (reportTo.length === 0) {
    throw new ConfigError('REPORT_TO', 'loggingDir is the folder of what reportTo names, and that names nothing')
  }
}
