import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/checkpoint-fixture.ts'
import { ConfigError } from '../core/errors.ts'
import { saveClassifier } from './classifier.samples.ts'
import { pipeline } from './node.ts'

const folder = join(temporaryFolder(), 'model')

test('texts are cut at the smaller of the model’s and the tokenizer’s limit', async () => {
  await saveClassifier(folder, { words: ['good', 'great', 'bad', 'awful'], labels: ['down', 'up'], maxLength: 4 })

  const classify = await pipeline('text-classification', folder, { threads: 1 })
  const [cut, two, three] = await classify(['good bad great', 'good bad', 'good bad awful'])
  await classify.close()
  expect([cut.scores, three.scores]).toEqual([two.scores, two.scores])

  const longer = await pipeline('text-classification', folder, { threads: 1, maxLength: 5 })
  const [uncut, other] = await longer(['good bad great', 'good bad awful'])
  await longer.close()
  expect(uncut.scores).not.toEqual(two.scores)
  expect(uncut.scores).not.toEqual(other.scores)
  await expect(pipeline('text-classification', folder, { maxLength: 9 })).rejects.toThrow(ConfigError)
})
