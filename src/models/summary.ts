/** What a model consists of, as data and as text. */
import { elementCount, formatShape, sameShape } from '../core/shape.ts'
import type { ParameterSpec } from './architecture.ts'
import { type ModelDefinition, modelParameters } from './graphs.ts'

/** A named part of a model: its parameters, and the parts inside it. */
export interface SummaryBlock {
  /** The last part of the name in checkpoints, e.g. `attention`; `0 … 11` for layers that are alike. */
  name: string
  /** Weights in it, all repetitions counted. */
  parameters: number
  /** How many times it comes, one after the other; 1 but for alike layers. */
  repeats: number
  /** Of a parameter itself. */
  shape?: readonly number[]
  blocks: SummaryBlock[]
}

/** Bytes of float32 arrays; activations, which depend on the batch, come on top. */
export interface MemoryEstimate {
  /** Weights. */
  inference: number
  /** Weights, and gradients and AdamW's two moments of those that are not frozen. */
  training: number
}

/** A model's architecture in figures. */
export interface ArchitectureSummary {
  /** E.g. `BertForSequenceClassification`. */
  architecture: string
  modelType: string
  /** The head's task; null for a bare encoder. */
  task: string | null
  /** Weights in all. */
  parameters: number
  layers: number
  hiddenSize: number
  heads: number
  intermediateSize: number
  vocabSize: number
  /** Tokens a sequence can have. */
  maxLength: number
  memory: MemoryEstimate
  blocks: SummaryBlock[]
}

/**
 * The blocks of a model with their shapes and numbers of weights. Layers of the same shapes are told once.
 *
 * ```ts
 * console.log(formatSummary(summarizeModel(model)))
 * ```
 * @param model an EncoderModel, or the definition of one that was never loaded
 */
export function summarizeModel(model: ModelDefinition | { readonly definition: ModelDefinition }): ArchitectureSummary {
  const definition = 'definition' in model ? model.definition : model
  const { architecture, config, head } = definition
  const specs = modelParameters(definition)
  const parameters = elementsOf(specs)
  const trained = elementsOf(specs.filter(({ isFrozen }) => !isFrozen))
  return {
    architecture: `${architecture.classPrefix}${head?.classSuffix ?? 'Model'}`,
    modelType: architecture.modelType,
    task: head?.task ?? null,
    parameters,
    layers: config.numHiddenLayers,
    hiddenSize: config.hiddenSize,
    heads: config.numAttentionHeads,
    intermediateSize: config.intermediateSize,
    vocabSize: config.vocabSize,
    maxLength: config.maxPositionEmbeddings,
    memory: { inference: 4 * parameters, training: 4 * parameters + 12 * trained },
    blocks: blocksOf(specs.map((spec) => ({ path: spec.name.split('.'), spec }))),
  }
}

/** The summary as a tree, a line a block: name, shape, weights. */
export function formatSummary({ architecture, parameters, blocks }: ArchitectureSummary): string {
  const rows: [string, string, string][] = [[architecture, '', count(parameters)]]
  const visit = (block: SummaryBlock, stem: string, isLast: boolean) => {
    const times = block.repeats > 1 ? ` (${block.repeats} alike)` : ''
    const shape = block.shape ? formatShape(block.shape) : ''
    rows.push([`${stem}${isLast ? '└─' : '├─'} ${block.name}${times}`, shape, count(block.parameters)])
    const inner = `${stem}${isLast ? '   ' : '│  '}`
    block.blocks.forEach((child, i) => {
      visit(child, inner, i === block.blocks.length - 1)
    })
  }
  blocks.forEach((block, i) => {
    visit(block, '', i === blocks.length - 1)
  })
  const width = (column: number) => Math.max(...rows.map((row) => row[column].length))
  const [names, shapes, counts] = [width(0), width(1), width(2)]
  return rows
    .map(([name, shape, weights]) => `${name.padEnd(names)}  ${shape.padEnd(shapes)}  ${weights.padStart(counts)}`)
    .join('\n')
}

interface Leaf {
  path: string[]
  spec: ParameterSpec
}

/** Groups parameters by the first part of their names, in the order in which those come. */
function blocksOf(leaves: readonly Leaf[]): SummaryBlock[] {
  const groups = new Map<string, Leaf[]>()
  for (const { path, spec } of leaves) {
    const [first, ...rest] = path
    groups.set(first, [...(groups.get(first) ?? []), { path: rest, spec }])
  }
  const blocks = [...groups].map(([name, members]): SummaryBlock => {
    const parameters = members.reduce((sum, { spec }) => sum + elementCount(spec.shape), 0)
    const isParameter = members.length === 1 && members[0].path.length === 0
    if (isParameter) return { name, parameters, repeats: 1, shape: members[0].spec.shape, blocks: [] }
    return { name, parameters, repeats: 1, blocks: blocksOf(members) }
  })
  return mergeAlike(blocks)
}

/** Makes one block of neighbouring numbered ones that have the same parts. */
function mergeAlike(blocks: readonly SummaryBlock[]): SummaryBlock[] {
  const merged: SummaryBlock[] = []
  for (const block of blocks) {
    const last = merged.at(-1)
    if (last && /^\d/.test(last.name) && /^\d+$/.test(block.name) && alike(last, block)) {
      last.name = `${last.name.split(' ')[0]} … ${block.name}`
      last.parameters += block.parameters
      last.repeats += 1
    } else merged.push({ ...block })
  }
  return merged
}

function alike(a: SummaryBlock, b: SummaryBlock): boolean {
  if (a.blocks.length !== b.blocks.length || !sameShape(a.shape ?? [], b.shape ?? [])) return false
  return a.blocks.every((child, i) => child.name === b.blocks[i].name && alike(child, b.blocks[i]))
}

const elementsOf = (specs: readonly ParameterSpec[]): number =>
  specs.reduce((sum, { shape }) => sum + elementCount(shape), 0)

const count = (value: number): string => value.toLocaleString('en-US')
