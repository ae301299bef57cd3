import { areEntityTags } from '../token-classification/tag.ts'
import { readEntities } from '../token-classification/tag-scheme.ts'
import type { DataCheck, DataContext } from './context.ts'
import { count, counted, type Finding, percent } from './finding.ts'
import { exampleOf } from './sample.ts'

/** Times that the most frequent class comes for each of the rarest. */
const notableRatio = 5
const worryingRatio = 20
/** Examples of a class below which it can hardly be learned. */
const fewest = 8
const mostClasses = 10

/** Classes that are rare, beside others or at all. */
export const classBalance: DataCheck = {
  name: 'class-balance',
  targets: ['class', 'classes', 'tags'],
  run(context) {
    const counts = [...countClasses(context)].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    if (counts.length < 2) return []
    const findings: Finding[] = []
    const few = counts.filter(([, times]) => times < fewest)
    if (few.length > 0) findings.push(fewExamples(context, few, counts.length))
    // Those that are rare by themselves have been named.
    const [most, largest] = counts[0]
    const [least, smallest] = counts.filter(([, times]) => times >= fewest).at(-1) ?? counts[0]
    const ratio = largest / smallest
    if (ratio < notableRatio || context.targets === 'tags') return findings
    const total = counts.reduce((sum, [, times]) => sum + times, 0)
    findings.push({
      code: 'CLASS_IMBALANCE',
      severity: ratio >= worryingRatio ? 'warning' : 'info',
      message: `The class ${JSON.stringify(most)} has ${count(largest)} of ${counted(total, 'training example')} (${percent(largest / total)}), ${JSON.stringify(least)} ${count(smallest)}: ${ratio.toFixed(1)} times as many. To answer ${JSON.stringify(most)} always is right in ${percent(largest / total)}.`,
      advice:
        'Judge by macro F1 rather than accuracy (--metric-for-best-model f1_macro --load-best-model-at-end), and add examples of the rare classes; class weights (--class-weights balanced) make up for some of it.',
      counts: { largest, smallest, ratio, share: largest / total },
      examples: [],
    })
    return findings
  },
}

/** Training examples of each class; of tags that mark entities, the entities of each type, and of others none. */
export function countClasses({ targets, train }: Pick<DataContext, 'targets' | 'train'>): Map<string, number> {
  const counts = new Map<string, number>()
  const add = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1)
  for (const { label, labels, tags } of train) {
    if (targets === 'class' && label !== undefined) add(label)
    else if (targets === 'classes') labels?.forEach(add)
    else if (tags && areEntityTags(tags)) for (const { type } of readEntities(tags)) add(type)
  }
  return counts
}

function fewExamples({ targets, train }: DataContext, few: [string, number][], classes: number): Finding {
  const shown = few.slice(-mostClasses).map(([name, times]) => `${JSON.stringify(name)} (${times})`)
  const what = targets === 'tags' ? 'entity type' : 'class'
  const rarest = few[few.length - 1][0]
  return {
    code: 'FEW_EXAMPLES',
    severity: 'warning',
    message: `${count(few.length)} of ${counted(classes, what, what === 'class' ? 'classes' : undefined)} have fewer than ${fewest} training examples: ${shown.join(', ')}${few.length > shown.length ? ', …' : ''}.`,
    advice:
      'Add examples, or merge rare classes into one: of so few a model learns little, and their metrics say nothing.',
    counts: { few: few.length, classes },
    examples: train
      .filter(
        ({ label, labels, tags }) =>
          label === rarest || labels?.includes(rarest) || tags?.some((tag) => tag.slice(2) === rarest),
      )
      .slice(0, 1)
      .map((sample) => exampleOf(sample, rarest)),
  }
}
