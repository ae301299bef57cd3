import { expect, test } from 'vitest'
import type { Architecture } from './architecture.ts'
import { bert } from './bert.ts'
import { type BertSize, bertConfig } from './bert-config.ts'
import { findHead } from './registry.ts'
import { formatSummary, summarizeModel } from './summary.ts'

const define = (size: BertSize, task?: string) => ({
  architecture: bert as unknown as Architecture,
  config: bertConfig({ size }),
  head: task === undefined ? undefined : findHead(task, 'bert'),
})

// sum(p.numel() for p in model.parameters()) of transformers 5.18 models with these sizes and its other defaults.
test.each([
  ['base', undefined, 'BertModel', 109_482_240],
  ['base', 'sequence-classification', 'BertForSequenceClassification', 109_483_778],
  ['base', 'masked-lm', 'BertForMaskedLM', 109_514_298],
  ['large', undefined, 'BertModel', 335_141_888],
  ['tiny', undefined, 'BertModel', 4_385_920],
] as const)('%s with head %s', (size, task, architecture, parameters) => {
  const summary = summarizeModel(define(size, task))
  expect(summary).toMatchObject({
    architecture,
    parameters,
    memory: { inference: 4 * parameters, training: 16 * parameters },
  })
  expect(summary.blocks.reduce((sum, block) => sum + block.parameters, 0)).toBe(parameters)
})

test('the tree tells layers that are alike once', () => {
  const text = formatSummary(summarizeModel({ definition: define('tiny', 'sequence-classification') }))
  expect(text.split('\n')[0]).toMatch(/^BertForSequenceClassification +4,386,178$/)
  expect(text).toMatch(/0 … 1 \(2 alike\) +396,544$/m)
  expect(text).toMatch(/└─ classifier +258\n {3}├─ weight +\[2, 128\] +256\n/)
  expect(text.match(/intermediate/g)).toHaveLength(1)
})
