import type { SearchEvent } from '../../training/node/search-options.ts'
import { lastValue, type SearchRecord } from '../../training/search/search-record.ts'
import { createProgress, type Progress, type ProgressStream } from '../progress.ts'
import { formatMetric, shorten } from '../tables.ts'
import { settingsText } from './search-tables.ts'

/** Shows a search: a bar over its work with the best trial so far, and a line for each trial that has come to something. */
export function searchProgress(
  stream: ProgressStream,
  { objective, trials }: Pick<SearchRecord, 'objective' | 'trials'>,
) {
  let bar: Progress | undefined
  let done = 0
  let note = ''
  return {
    onEvent(event: SearchEvent) {
      if (event.type === 'start') {
        done = event.done
        bar = createProgress({ stream, label: 'Searching', unit: event.unit, total: event.work, initial: event.done })
      } else if (event.type === 'progress') {
        // Work that was begun may be lost with a trial that fails; a bar only grows.
        done = Math.max(done, event.done)
        bar?.update(Math.round(done * 100) / 100, { note, total: event.work })
      } else if (event.type === 'trial-end') {
        const { trial, best } = event
        if (best) note = `best ${objective} ${formatMetric(lastValue(best))} (trial ${best.number})`
        const { status, number, seconds, error } = trial
        const found = error
          ? `failed: ${shorten(`${error.code}: ${error.message}`, 160)}`
          : `${objective} ${formatMetric(lastValue(trial))} after ${trial.steps} ${trial.steps === 1 ? 'step' : 'steps'}, ${seconds.toFixed(1)} s${status === 'done' ? '' : ` (${status})`}`
        bar?.log(`trial ${number} of ${trials}, ${settingsText(trial.settings)}: ${found}`)
      }
    },
    finish() {
      bar?.finish(note)
    },
  }
}
