/**
 * Training without a loop of your own: evaluation after each epoch, checkpoints, and at the end the model of the best one.
 * Twin of transformers' Trainer with load_best_model_at_end and metric_for_best_model, a weighted F1.
 */
import {
  AutoModelForSequenceClassification,
  AutoTokenizer,
  encodeClassification,
  FolderCheckpoints,
  readAllExamples,
  saveTokenizer,
  Trainer,
  textClassification,
} from 'bertsmith'
import { films, labels, languageModel } from './setup.ts'

const tokenizer = await AutoTokenizer.fromPretrained(languageModel)
const model = await AutoModelForSequenceClassification.fromPretrained(languageModel, { labels })
const read = async (file: string) => encodeClassification(await readAllExamples(file), tokenizer, { labels })

const trainer = new Trainer({
  model,
  task: textClassification,
  trainItems: await read(films.train),
  evalItems: await read(films.test),
  args: {
    epochs: 5,
    batchSize: 16,
    learningRate: 2e-3,
    lrScheduler: 'constant',
    loadBestModelAtEnd: true,
    metricForBestModel: 'f1_weighted',
  },
  checkpoints: await FolderCheckpoints.open('out/guide/best', {
    overwrite: true,
    saveTokenizer: (folder) => saveTokenizer(tokenizer, folder),
  }),
  onEvent(event) {
    if (event.type !== 'evaluate') return
    const { loss, accuracy, f1_weighted } = event.metrics
    console.log(
      `Epoch ${event.epoch}: loss ${loss.toFixed(3)}, accuracy ${accuracy.toFixed(3)}, F1 ${f1_weighted.toFixed(4)}`,
    )
  },
})
const { state } = await trainer.train()
console.log(`Best: ${state.best_model_checkpoint}, F1 ${state.best_metric?.toFixed(4)}`)

const { f1_weighted } = await trainer.evaluate()
console.log(`The model in out/guide/best: F1 ${f1_weighted.toFixed(4)}`)
await model.close()
