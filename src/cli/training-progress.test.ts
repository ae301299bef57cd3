import { expect, test } from 'vitest'
import { trainingProgress } from './training-progress.ts'

test('two corpora that are evaluated one after the other are counted each on its own', () => {
  let text = ''
  const { onProgress, finish } = trainingProgress({
    write(part) {
      text += part
      return true
    },
  })
  onProgress({ stage: 'read', done: 0, total: 0 })
  for (const total of [157, 512]) {
    onProgress({ stage: 'evaluate', done: 0, total })
    onProgress({ stage: 'evaluate', done: total, total })
  }
  finish()
  expect(text).toMatch(/157\/157 texts.*512\/512 texts/s)
  expect(text).not.toContain('Reading') // of nothing
})
