export { dataChecks } from './checks.ts'
export type { DataCheck, DataContext, FileColumn, TargetKind } from './context.ts'
export { type DataContextOptions, dataContext } from './create-context.ts'
export {
  count,
  counted,
  type Finding,
  type FindingExample,
  percent,
  type Severity,
} from './finding.ts'
export { choiceSample, multiLabelSample, questionSample, type Sample, textSample, tokenSample } from './sample.ts'
