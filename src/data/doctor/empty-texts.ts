import type { DataCheck } from './context.ts'
import { count, counted, mostExamples, percent } from './finding.ts'
import { exampleOf } from './sample.ts'

/** Texts without anything but white space. */
export const emptyTexts: DataCheck = {
  name: 'empty-texts',
  run({ all, train }) {
    const empty = all.filter(({ texts }) => texts.some((text) => text.trim() === ''))
    if (empty.length === 0) return []
    const blank = empty.filter(({ texts }) => texts.some((text) => text !== '' && text.trim() === '')).length
    const share = empty.length / all.length
    const inTrain = train.filter(({ texts }) => texts.some((text) => text.trim() === '')).length
    return [
      {
        code: 'EMPTY_TEXT',
        severity: share > 0.5 ? 'error' : 'warning',
        message: `${count(empty.length)} of ${counted(all.length, 'example')} (${percent(share)}) have an empty text${blank > 0 ? `, ${count(blank)} of them white space alone` : ''}.`,
        advice:
          share > 0.5
            ? 'Check --text-column: most texts are empty.'
            : 'Remove these rows or fill them in: of an empty text the model learns only how frequent its label is.',
        counts: { empty: empty.length, inTrain, inEval: empty.length - inTrain, blank, share },
        examples: empty
          .slice(0, mostExamples)
          .map((sample) => exampleOf(sample, sample.label === undefined ? undefined : `label ${sample.label}`)),
      },
    ]
  },
}
