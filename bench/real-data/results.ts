/** What the comparison on real data has measured: as it is stored, and as a table. */
import type { Machine } from '../results.ts'
import { mean, median, standardError, summarize } from '../statistics.ts'
import type { Cell } from '../table.ts'
import { type DataSetName, dataSetNames, dataSets, type SetSettings } from './data-sets.ts'

export type SideName = 'bertsmith' | 'transformers'

/** One training of one side. */
export interface RunResult {
  set: DataSetName
  seed: number
  side: SideName
  /** Of the training alone. */
  seconds: number
  /** Of the evaluation examples, by name. */
  metrics: Record<string, number>
  /** Sequences that were trained on in an epoch, and evaluated. */
  trainItems: number
  evalItems: number
  steps: number
  threads: number
  versions: Record<string, string>
  /** Processes that wanted to run in the minute before. */
  loadAverage: number
}

/** What decides the runs, so that only runs of the same settings stand in one file. */
export interface RunSettings {
  /** SHA-256 of the weights that are started from. */
  weights: string
  threads: number
  dropout: boolean
  /** Most steps of a run; absent: all. */
  steps?: number
  sets: Partial<Record<DataSetName, SetSettings>>
}

/** The file of results. */
export interface RealDataResult {
  date: string
  machine: Machine
  settings: RunSettings
  runs: RunResult[]
}

/** Settings of both files, where they do not contradict. @throws Error naming what differs */
export function joinSettings(stored: RunSettings, given: RunSettings): RunSettings {
  const differing = (['weights', 'threads', 'dropout', 'steps'] as const).filter((key) => stored[key] !== given[key])
  const sets = dataSetNames.filter((name) => {
    const [a, b] = [stored.sets[name], given.sets[name]]
    return a && b && (Object.keys(a) as (keyof SetSettings)[]).some((key) => a[key] !== b[key])
  })
  if (differing.length + sets.length === 0) return { ...given, sets: { ...stored.sets, ...given.sets } }
  throw new Error(
    `the stored runs had other settings (${[...differing, ...sets].join(', ')}): go on with those, or name another --output`,
  )
}

export const resultsHeader: Cell[] = [
  'data set',
  'sequences',
  'epochs',
  'seeds',
  'metric',
  'bertsmith (s.e.)',
  'transformers (s.e.)',
  'difference',
  "in transformers' s.e.",
  'in s.e. of the difference',
  'median s',
  'times bertsmith (range)',
]

/** One row a metric of each data set, of the seeds that both sides have run. */
export function resultRows({ runs, settings }: Pick<RealDataResult, 'runs' | 'settings'>): Cell[][] {
  return dataSetNames.flatMap((name) => {
    const pairs = pairsOf(runs, name)
    if (pairs.length === 0) return []
    const { title, metrics } = dataSets[name]
    const seconds = [pairs.map(([ours]) => ours.seconds), pairs.map(([, theirs]) => theirs.seconds)]
    const times = summarize(pairs.map(([ours, theirs]) => theirs.seconds / ours.seconds))
    return metrics.map((metric, m): Cell[] => {
      const [ours, theirs] = [0, 1].map((side) => pairs.map((pair) => pair[side].metrics[metric]))
      const [ourError, theirError] = [standardError(ours), standardError(theirs)]
      const difference = mean(ours) - mean(theirs)
      const first = [title, `${pairs[0][0].trainItems}`, `${settings.sets[name]!.epochs}`, `${pairs.length}`]
      return [
        ...(m === 0 ? first : first.map(() => '')),
        metric,
        `${mean(ours).toFixed(4)} (${fixed(ourError, 4)})`,
        `${mean(theirs).toFixed(4)} (${fixed(theirError, 4)})`,
        difference.toFixed(4),
        fixed(difference / theirError, 2),
        fixed(difference / Math.hypot(ourError, theirError), 2),
        ...(m === 0
          ? [
              seconds.map((values) => median(values).toFixed(1)).join(' / '),
              `${times.median.toFixed(2)} (${times.min.toFixed(2)} to ${times.max.toFixed(2)})`,
            ]
          : ['', '']),
      ]
    })
  })
}

/** A dash for what one seed, or seeds without a difference, cannot tell. */
const fixed = (value: number, digits: number) => (Number.isFinite(value) ? value.toFixed(digits) : '–')

/** Both sides' runs of a data set, seed by seed: bertsmith's first. */
function pairsOf(runs: readonly RunResult[], name: DataSetName): [RunResult, RunResult][] {
  const ofSet = runs.filter(({ set }) => set === name)
  const ours = ofSet.filter(({ side }) => side === 'bertsmith')
  return ours.flatMap((own) => {
    const other = ofSet.find(({ side, seed }) => side === 'transformers' && seed === own.seed)
    return other ? [[own, other] as [RunResult, RunResult]] : []
  })
}
