import { didYouMean } from '../../core/errors.ts'
import { parseTag } from '../token-classification/tag.ts'
import type { DataCheck } from './context.ts'
import { count, counted, type Finding, mostExamples } from './finding.ts'
import { exampleOf, type Sample } from './sample.ts'

const mostLabels = 10

/** Labels that training and evaluation do not share. */
export const labelSets: DataCheck = {
  name: 'label-sets',
  targets: ['class', 'classes', 'tags'],
  run({ train, evaluation, targets }) {
    if (evaluation.length === 0) return []
    const [known, asked] = [labelsOf(train), labelsOf(evaluation)]
    const unseen = [...asked].filter((label) => !known.has(label)).sort()
    const unasked = [...known].filter((label) => !asked.has(label)).sort()
    const noun = targets === 'tags' ? 'type of tag' : 'label'
    const plural = targets === 'tags' ? 'types of tags' : undefined
    const findings: Finding[] = []
    if (unseen.length > 0) {
      const affected = evaluation.filter((sample) => namesOf(sample).some((label) => !known.has(label)))
      const guess = unseen.length === 1 ? didYouMean(unseen[0], known) : ''
      findings.push({
        code: 'UNSEEN_LABEL',
        severity: 'error',
        message: `The evaluation data has ${counted(unseen.length, noun, plural)} that training never has: ${listed(unseen)}${guess.replace(/\?$/, '')}, in ${counted(affected.length, 'example')}.`,
        advice: 'Correct the spelling, remove those rows, or train with such examples: the model cannot answer them.',
        counts: { labels: unseen.length, examples: affected.length },
        examples: affected.slice(0, mostExamples).map((sample) =>
          exampleOf(
            sample,
            namesOf(sample).find((label) => !known.has(label)),
          ),
        ),
      })
    }
    if (unasked.length > 0) {
      findings.push({
        code: 'LABEL_NOT_EVALUATED',
        severity: 'info',
        message: `${count(unasked.length)} of ${counted(known.size, noun, plural)} of the training data never come in the evaluation data: ${listed(unasked)}.`,
        advice: 'The metrics say nothing about them: evaluate on data that has every label.',
        counts: { labels: unasked.length, known: known.size },
        examples: [],
      })
    }
    return findings
  },
}

/** Of tags of entities the types: whether one begins with B- or I- is a matter of its length. */
function namesOf({ label, labels, tags }: Sample): readonly string[] {
  return labels ?? tags?.map((tag) => parseTag(tag)?.type || tag) ?? (label === undefined ? [] : [label])
}

function labelsOf(samples: readonly Sample[]): Set<string> {
  const labels = new Set<string>()
  for (const sample of samples) for (const label of namesOf(sample)) labels.add(label)
  return labels
}

const listed = (labels: readonly string[]): string =>
  labels
    .slice(0, mostLabels)
    .map((label) => JSON.stringify(label))
    .join(', ') + (labels.length > mostLabels ? ', …' : '')
