import { encodeClassification } from '../../data/encode-examples.ts'
import { classificationMetrics } from '../../training/metrics.ts'
import { findMetric } from '../../training/metrics-registry.ts'
import { confusionRows, measured } from '../../training/node/finetune.ts'
import { classificationMetricNames, predictClassification } from '../../training/tasks/text-classification.ts'
import { loadClassifier } from '../classifier.ts'
import { defineCommand } from '../command.ts'
import { dataFlags, maxLengthFlag, readLabelled } from '../inputs.ts'
import { createProgress } from '../progress.ts'
import { confusionText, formatMetric, metricTable, textTable } from '../tables.ts'

export const evaluate = defineCommand({
  name: 'evaluate',
  summary: 'Measure a model on labelled data: metrics with 95 % bootstrap intervals',
  example: 'bertsmith evaluate --model out/spam --data test.csv',
  flags: {
    model: { type: 'string', required: true, value: 'DIR', description: 'Folder of a trained model' },
    data: { type: 'string', required: true, value: 'FILE', description: 'Labelled texts: csv, tsv, jsonl' },
    metrics: {
      type: 'string',
      many: true,
      value: 'NAME…',
      description: `Metrics (default ${classificationMetricNames.join(' ')})`,
    },
    'batch-size': { type: 'number', description: 'Texts a batch (default 32)' },
    'max-length': maxLengthFlag,
    ...dataFlags,
  },
  async run(values, _, { print, stderr }) {
    const { seed = 42, batchSize = 32 } = values
    const names = (values.metrics ?? classificationMetricNames).map((name) => findMetric(name).name)
    const examples = await readLabelled(values.data, values)
    const { model, tokenizer, labels, maxLength, classify } = await loadClassifier(values)
    try {
      const items = encodeClassification(examples, tokenizer, { labels, maxLength })
      const progress = createProgress({ stream: stderr, label: 'Evaluating', unit: 'texts', total: items.length })
      const predictions = await predictClassification(model, items, {
        batchSize,
        onProgress: (done) => progress.update(done),
      })
      progress.finish()
      const metrics = measured(predictions, names, seed)
      const { confusion, perClass } = classificationMetrics(predictions)
      const classes = perClass.map(({ precision, recall, f1, support }, i) => [
        labels[i],
        ...[precision, recall, f1].map(formatMetric),
        String(support),
      ])
      print(metricTable(metrics))
      print(`\n${textTable([['label', 'precision', 'recall', 'f1', 'examples'], ...classes], { right: [1, 2, 3, 4] })}`)
      print(`\n${confusionText(labels, confusionRows(confusion))}`)
      return { examples: items.length, metrics }
    } finally {
      await classify.close()
    }
  },
})
