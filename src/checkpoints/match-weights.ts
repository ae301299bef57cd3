/** Compares the tensors of a checkpoint with the parameters of a model: every difference is found before any is loaded. */
import { CheckpointError } from '../core/errors.ts'
import { formatShape, sameShape } from '../core/shape.ts'
import type { StoredTensor } from './safetensors.ts'
import { hasName, isConstantBuffer, type NameSet, type WeightSpec, weightNaming } from './weight-names.ts'

/** Which differences between a checkpoint and a model are in order. Names are the model's. */
export interface MatchOptions {
  /** In front of the encoder's names, with its dot, e.g. `bert.`; default none. */
  prefix?: string
  /** Tensors that a checkpoint may hold besides the parameters: copies of tied weights. `position_ids` always are. */
  ignorable?: NameSet
  /** Parameters that start fresh if the checkpoint lacks them: those of a new head. Never the encoder's. */
  mayBeMissing?: NameSet
  /** Tensors that are left out: those of another head. Never the encoder's. */
  mayBeUnexpected?: NameSet
  /** Parameters that start fresh if the checkpoint has them in another shape, as for other labels. Never the encoder's. */
  mayBeMismatched?: NameSet
  /** The end of the message that names the differences: what to do. */
  advice?: string
}

export interface ShapeMismatch {
  readonly name: string
  readonly expected: readonly number[]
  readonly found: readonly number[]
}

/** What loading did. Names are the model's; each list is sorted. */
export interface LoadReport {
  readonly loaded: readonly string[]
  /** Parameters that the checkpoint lacks. */
  readonly missing: readonly string[]
  /** Tensors that the model does not have. */
  readonly unexpected: readonly string[]
  readonly mismatched: readonly ShapeMismatch[]
  /** Parameters that were not loaded and start fresh: the missing and the mismatched. */
  readonly newlyInitialised: readonly string[]
  /** Copies and constants that were left out. */
  readonly ignored: readonly string[]
}

export interface WeightMatch {
  /** The tensor to load into each parameter, in the order in which they are stored. */
  readonly sources: ReadonlyMap<string, StoredTensor>
  readonly report: LoadReport
}

/**
 * Finds the tensor of each parameter.
 * @param where what to call the checkpoint in messages
 * @throws CheckpointError `WEIGHTS_MISMATCH`, listing every missing, unexpected and mis-shaped tensor that is not allowed
 */
export function matchWeights(
  stored: ReadonlyMap<string, StoredTensor>,
  specs: readonly WeightSpec[],
  where: string,
  options: MatchOptions = {},
): WeightMatch {
  const { fromStored, isEncoder } = weightNaming(stored.keys(), specs, options.prefix ?? '')
  const shapes = new Map(specs.map(({ name, shape }) => [name, shape]))
  const sources = new Map<string, StoredTensor>()
  const problems: Problem[] = []
  const unexpected: string[] = []
  const ignored: string[] = []
  const mismatched: ShapeMismatch[] = []

  for (const tensor of stored.values()) {
    const { name, encoder } = fromStored.get(tensor.name)!
    const expected = shapes.get(name)
    const twin = sources.get(name)
    if (!expected) {
      if (isConstantBuffer(name) || hasName(options.ignorable, name)) {
        ignored.push(name)
        continue
      }
      unexpected.push(name)
      if (encoder || !hasName(options.mayBeUnexpected, name)) {
        problems.push({ kind: 'unexpected', name, found: tensor.shape })
      }
    } else if (twin) {
      problems.push({ kind: 'duplicate', name, found: tensor.shape, detail: `"${twin.name}" and "${tensor.name}"` })
    } else {
      sources.set(name, tensor)
      if (!sameShape(expected, tensor.shape)) {
        mismatched.push({ name, expected, found: tensor.shape })
        if (encoder || !hasName(options.mayBeMismatched, name)) {
          problems.push({ kind: 'mis-shaped', name, expected, found: tensor.shape })
        }
      }
    }
  }
  const missing = specs.filter(({ name }) => !sources.has(name))
  for (const { name, shape: expected } of missing) {
    if (isEncoder(name) || !hasName(options.mayBeMissing, name)) problems.push({ kind: 'missing', name, expected })
  }
  if (problems.length > 0) throw mismatch(problems, where, options.advice)

  for (const { name } of mismatched) sources.delete(name)
  const names = (list: readonly { name: string }[]) => list.map(({ name }) => name)
  return {
    sources,
    report: {
      loaded: [...sources.keys()].sort(),
      missing: names(missing).sort(),
      unexpected: unexpected.sort(),
      mismatched: mismatched.sort((a, b) => (a.name < b.name ? -1 : 1)),
      newlyInitialised: [...names(missing), ...names(mismatched)].sort(),
      ignored: ignored.sort(),
    },
  }
}

interface Problem {
  kind: 'missing' | 'unexpected' | 'mis-shaped' | 'duplicate'
  name: string
  expected?: readonly number[]
  found?: readonly number[]
  detail?: string
}

/** The order in which problems are listed. */
const kinds: readonly Problem['kind'][] = ['missing', 'mis-shaped', 'unexpected', 'duplicate']

const usualAdvice =
  'Load them with the config.json that they were saved with, or choose the model class that they were saved from.'

function mismatch(problems: Problem[], where: string, advice = usualAdvice): CheckpointError {
  problems.sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || (a.name < b.name ? -1 : 1))
  const rows = problems.map(({ kind, name, expected, found, detail }) => [
    kind,
    name,
    detail ??
      [expected && `expected ${formatShape(expected)}`, found && `found ${formatShape(found)}`]
        .filter(Boolean)
        .join(', '),
  ])
  const width = (column: number) => Math.max(...rows.map((row) => row[column].length))
  const [kindWidth, nameWidth] = [width(0), width(1)]
  const lines = rows.map(([kind, name, shapes]) => `  ${kind.padEnd(kindWidth)}  ${name.padEnd(nameWidth)}  ${shapes}`)
  const counts = kinds.flatMap((kind) => {
    const count = problems.filter((problem) => problem.kind === kind).length
    return count ? [`${count} ${kind}`] : []
  })
  return new CheckpointError(
    'WEIGHTS_MISMATCH',
    `${where}: the weights do not fit the model (${counts.join(', ')}):\n${lines.join('\n')}\n${advice}`,
  )
}
