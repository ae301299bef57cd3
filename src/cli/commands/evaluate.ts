import { describeModel, loadModel } from '../../checkpoints/node.ts'
import { loadTokenizer } from '../../tokenizers/node.ts'
import { defineCommand } from '../command.ts'
import { maxLengthFlag, modelFolder } from '../inputs.ts'
import { createProgress } from '../progress.ts'
import { metricTable } from '../tables.ts'
import { checkTaskFlags, taskOfModel } from '../tasks/registry.ts'
import { formatFlag, taskFlags } from '../tasks/task-flags.ts'
import { taskLength } from '../tasks/task-length.ts'

export const evaluate = defineCommand({
  name: 'evaluate',
  summary: 'Measure a model on labelled data: metrics with 95 % bootstrap intervals',
  example: 'bertsmith evaluate --model out/spam --data test.csv',
  flags: {
    model: { type: 'string', required: true, value: 'DIR', description: 'Folder of a trained model' },
    data: {
      type: 'string',
      required: true,
      value: 'FILE',
      description: 'Labelled data: csv, tsv, jsonl, conll, SQuAD json',
    },
    metrics: { type: 'string', many: true, value: 'NAME…', description: "Metrics (default: the task's own)" },
    'batch-size': { type: 'number', description: 'Texts a batch (default 32)' },
    'max-length': maxLengthFlag,
    format: formatFlag,
    ...taskFlags,
  },
  async run(values, _, { print, note, stderr }) {
    const { seed = 42, batchSize = 32, threads } = values
    const folder = await modelFolder(values.model)
    const description = await describeModel(folder)
    const { config } = description
    const commandTask = taskOfModel(folder, description)
    checkTaskFlags(commandTask, values)
    const task = commandTask.create(values)
    const names = (values.metrics ?? task.metricNames).map((name) => task.findMetric(name))
    const examples = await commandTask.read(values.data, values, note)
    task.check({ config }, examples)
    const tokenizer = await loadTokenizer(folder)
    const maxLength = taskLength(commandTask, { config }, tokenizer, values.maxLength)
    const model = await loadModel(folder, commandTask.head, { requireHead: true, threads })
    try {
      const { items } = task.encode(examples, { model, tokenizer, maxLength })
      const progress = createProgress({ stream: stderr, label: 'Evaluating', unit: 'texts', total: items.length })
      const predictions = await task.predict(model, items, { batchSize, onProgress: (done) => progress.update(done) })
      progress.finish()
      const metrics = task.intervals(predictions, names, seed)
      print([metricTable(metrics), ...commandTask.tables(model, predictions)].join('\n\n'))
      return { examples: examples.length, metrics }
    } finally {
      await model.close()
    }
  },
})
