export { collectMultiLabels, labelTargets, type MultiLabelExample } from './multi-label-example.ts'
export type { MultiLabelColumnOptions } from './multi-label-reader.ts'
