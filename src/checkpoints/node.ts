// What needs a file system; what runs anywhere stands in index.ts.

export { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE, mergeLora, openAdapter, saveAdapter } from './node/adapter.ts'
export {
  AutoModel,
  AutoModelForMaskedLM,
  AutoModelForMultipleChoice,
  AutoModelForNextSentencePrediction,
  AutoModelForQuestionAnswering,
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
  createModel,
  describeModel,
  type LoadModelOptions,
  loadModel,
} from './node/auto-model.ts'
export { CONFIG_FILE, readConfig, readJsonFile, writeConfig } from './node/config-file.ts'
export { assertWritable, writeFileAtomic } from './node/files.ts'
export { growEmbeddings, type NewToken } from './node/grow-embeddings.ts'
export { type LoadOptions, loadWeights } from './node/load-weights.ts'
export { recoverFolder, replaceFolder } from './node/replace-folder.ts'
export { savePretrained } from './node/save-pretrained.ts'
export { type SaveOptions, saveTensors, saveWeights, type TensorToSave } from './node/save-weights.ts'
export { openWeights, WEIGHTS_FILE, WEIGHTS_INDEX_FILE, type WeightFiles } from './node/weight-files.ts'
