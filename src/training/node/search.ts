import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathKind } from '../../checkpoints/node/files.ts'
import { assertWritable } from '../../checkpoints/node.ts'
import { ConfigError, RuntimeError } from '../../core/errors.ts'
import { lowerIsBetter } from '../metric-direction.ts'
import { rungsUpTo } from '../search/asha.ts'
import { bestTrial, type Rungs, type SearchRecord } from '../search/search-record.ts'
import { checkSpace, type TrialSettings } from '../search/space.ts'
import { suggestTrials } from '../search/suggest.ts'
import { REPORT_FILE } from './run-folder.ts'
import { reportSearch, resumeSearch, saveSearch, trialFolder } from './search-folder.ts'
import type { SearchOptions, SearchResult } from './search-options.ts'
import { SearchRunner } from './search-runner.ts'

/** Steps of a run are by default cut into so many parts, of which the first rung has one. */
const stepParts = 27

/**
 * Tries settings of a training and ranks them. Each trial has a folder of its own, what is known stands in search.json after
 * every change, and report.html shows it. The same space, seed and number of trials give the same settings; with one trial at
 * a time the same search. A search that was killed goes on with `resume` and trains nothing twice.
 *
 * ```ts
 * const { best } = await search({
 *   space: { learningRate: { low: 1e-5, high: 1e-3, log: true }, batchSize: [8, 16, 32] },
 *   method: 'asha', trials: 27, objective: 'accuracy', length: { epochs: 9 }, output: 'out/search',
 *   run: finetuneTrials(textClassification, { objective: 'accuracy', createModel, tokenizer, trainExamples, evalExamples, args: { epochs: 9 } }),
 * })
 * console.log(best?.settings) // { learningRate: 0.0002871, batchSize: 16 }
 * ```
 * @throws ConfigError for space, method and settings, before the folder is touched; what keeps the first trial from beginning;
 * RuntimeError `ALL_FAILED` if every trial failed
 */
export async function search(options: SearchOptions): Promise<SearchResult> {
  const { plan, suggestions } = planSearch(options)
  const { output, parallel = 1, resume = false, overwrite = false, description = { title: '', task: '' } } = options
  if (!Number.isInteger(parallel) || parallel < 1) {
    throw new ConfigError('PARALLEL', `parallel must be a whole number of at least 1, not ${parallel}`)
  }
  const isNew = (await pathKind(output)) === 'absent'
  await assertWritable(output)
  const record = await resumeSearch(output, plan, { resume, overwrite })
  const runner = new SearchRunner(options, record, suggestions, async ({ report }) => {
    await saveSearch(output, record)
    if (report) await reportSearch(output, record, { ...description, finishedAt: new Date().toISOString() })
  })
  const finished = await runner.run(parallel).catch(async (error) => {
    if (isNew) await rmdir(output).catch(() => {}) // which refuses what is not empty
    throw error
  })
  const best = bestTrial(record)
  const reportPath = join(output, REPORT_FILE)
  options.onEvent?.({ type: 'end', finished })
  const failed = record.results.filter(({ status }) => status === 'failed')
  if (finished && failed.length === record.results.length) {
    const { code, message } = failed[0].error!
    throw new RuntimeError('ALL_FAILED', `all ${failed.length} trials failed; the first one: ${code}: ${message}`)
  }
  return { record, best, ...(best && { bestFolder: trialFolder(output, best.number) }), finished, reportPath }
}

/** The search as it is before its first trial, and the settings of all trials. @throws ConfigError */
export function planSearch(options: Omit<SearchOptions, 'run' | 'output'>): {
  plan: SearchRecord
  suggestions: TrialSettings[]
} {
  const { space, method, objective, seed = 42, reductionFactor = 3, settings = {} } = options
  checkSpace(space, method)
  const suggestions = suggestTrials(method, space, { seed, count: options.trials })
  const rungs = method === 'asha' ? planRungs(options) : undefined
  return {
    suggestions,
    plan: {
      space,
      method,
      seed,
      trials: suggestions.length,
      objective,
      greaterIsBetter: options.greaterIsBetter ?? !lowerIsBetter(objective),
      ...(rungs && { rungs }),
      reductionFactor,
      settings,
      results: [],
      best: null,
      seconds: 0,
    },
  }
}

function planRungs({
  length = {},
  minLength,
  reductionFactor = 3,
}: Pick<SearchOptions, 'length' | 'minLength' | 'reductionFactor'>): Rungs {
  const { epochs, steps } = length
  const unit = steps === undefined ? 'epochs' : 'steps'
  const max = steps ?? epochs
  if (max === undefined) throw new ConfigError('RUNGS', 'asha needs the length of a whole training: epochs or steps')
  const min = minLength ?? (unit === 'epochs' ? 1 : Math.max(1, Math.round(max / stepParts)))
  return { unit, at: rungsUpTo(max, { min, reductionFactor }) }
}
