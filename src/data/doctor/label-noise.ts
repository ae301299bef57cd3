import { collectLabels } from '../labels.ts'
import type { DataCheck } from './context.ts'
import { count, counted, percent } from './finding.ts'
import { findLabelSuspects } from './noisy-labels.ts'
import { exampleOf } from './sample.ts'

/** With fewer examples or more classes the cheap model knows too little to accuse anyone. */
const fewest = 200
const fewestPerClass = 20
const mostClasses = 50
/** Of the way from always answering the most frequent class to always being right, the model must have come so far. */
const leastSkill = 0.4
/** Suspects that are listed. */
const mostListed = 20

/** Training examples whose label a model of words alone, which has not seen them, takes for wrong. */
export const labelNoise: DataCheck = {
  name: 'label-noise',
  targets: ['class'],
  run({ train, features, seed }) {
    const names = collectLabels(train)
    const ids = new Map(names.map((name, id) => [name, id]))
    const sizes = new Int32Array(names.length)
    for (const { label } of train) if (label !== undefined) sizes[ids.get(label)!]++
    const isEnough = train.length >= fewest && names.length > 1 && names.length <= mostClasses
    if (!isEnough || sizes.some((size) => size < fewestPerClass) || train.some(({ label }) => label === undefined))
      return []
    const labels = Int32Array.from(train, ({ label }) => ids.get(label!)!)
    const { suspects, accuracy } = findLabelSuspects(features(), labels, names.length, seed)
    const majority = Math.max(...sizes) / train.length
    if (suspects.length === 0 || accuracy < majority + leastSkill * (1 - majority)) return []
    const share = suspects.length / train.length
    return [
      {
        code: 'LABEL_SUSPECTS',
        severity: 'info',
        message: `${count(suspects.length)} of ${counted(train.length, 'training label')} (${percent(share)}) are not what naive Bayes on words, right in ${percent(accuracy)}, expects of texts that it has not seen. Some are wrong labels, most often among the first; others are hard texts.`,
        advice: 'Read the first ones; if many are wrong, read on, or have the data labelled again.',
        counts: { suspects: suspects.length, examples: train.length, share, accuracy },
        examples: suspects
          .slice(0, mostListed)
          .map(({ index, suggested, suggestedScore }) =>
            exampleOf(
              train[index],
              `label ${train[index].label}, expected ${names[suggested]} (${percent(suggestedScore)})`,
            ),
          ),
      },
    ]
  },
}
