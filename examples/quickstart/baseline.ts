import { createRequire } from 'node:module'
import type { Example } from '../../src/data/index.ts'

/** The part of wink-naive-bayes-text-classifier, which ships no types, that is used here. */
interface NaiveBayes {
  defineConfig(config: { considerOnlyPresence: boolean; smoothingFactor: number }): void
  definePrepTasks(tasks: ((text: string) => string[])[]): void
  learn(text: string, label: string): void
  consolidate(): void
  predict(text: string): string
}

/** Labels that a bag-of-words model predicts: multinomial naive Bayes, a strong and quick classic for mail. */
export function bagOfWordsPredictions(train: readonly Example[], test: readonly Example[]): string[] {
  const create = createRequire(import.meta.url)('wink-naive-bayes-text-classifier') as () => NaiveBayes
  const model = create()
  model.defineConfig({ considerOnlyPresence: true, smoothingFactor: 1 })
  model.definePrepTasks([(text) => text.toLowerCase().match(/[\p{L}\p{N}$!']+/gu) ?? []])
  for (const { text, label } of train) model.learn(text, label!)
  model.consolidate()
  return test.map(({ text }) => model.predict(text))
}
