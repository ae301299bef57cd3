// What runs anywhere; what needs a file system stands in node.ts.
export { writeAdapterConfig } from './adapter-config.ts'
export { dtypeBytes, type StoredDType, storedDTypes, toFloat32 } from './dtypes.ts'
export {
  type CommonConfig,
  readCommonConfig,
  writeCommonConfig,
  writeLabels,
} from './hugging-face-config.ts'
export {
  type LoadReport,
  type MatchOptions,
  matchWeights,
  type ShapeMismatch,
  type WeightMatch,
} from './match-weights.ts'
export {
  buildSafetensorsHeader,
  parseSafetensorsHeader,
  type SafetensorsHeader,
  type StoredTensor,
  safetensorsHeaderBytes,
  type TensorToStore,
} from './safetensors.ts'
export type { NameSet, WeightSpec } from './weight-names.ts'
