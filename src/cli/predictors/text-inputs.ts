import { readExamples } from '../../data/node.ts'
import type { TextInput } from '../../pipelines/text-classification.ts'
import { readOptions } from '../inputs.ts'
import type { PredictTask } from './predictor.ts'

/** What tasks on texts, or pairs of them, ask. */
export const textInputs: Pick<PredictTask<TextInput>, 'usage' | 'inputs' | 'read'> = {
  usage: 'texts as arguments or a file with --input FILE',
  inputs: (texts) => [...texts],
  async *read(file, values) {
    for await (const { text, textPair } of readExamples(file, readOptions(values))) yield { text, textPair }
  },
}
