/** From the names that tensors have in a checkpoint to the names that they have in a model. */

/** A parameter that a model has. */
export interface WeightSpec {
  readonly name: string
  readonly shape: readonly number[]
}

/** Names of tensors: a predicate, or exact names and patterns. */
export type NameSet = ((name: string) => boolean) | readonly (string | RegExp)[]

/** Whether a set of names has this one. Absent sets have none. */
export function hasName(names: NameSet | undefined, name: string): boolean {
  if (names === undefined) return false
  if (typeof names === 'function') return names(name)
  return names.some((entry) => (typeof entry === 'string' ? entry === name : name.search(entry) >= 0))
}

/** Renames the normalisation weights of checkpoints converted from TensorFlow: gamma -> weight, beta -> bias. */
export function modernName(stored: string): string {
  return stored
    .replace(/(^|\.)LayerNorm\.gamma$/, '$1LayerNorm.weight')
    .replace(/(^|\.)LayerNorm\.beta$/, '$1LayerNorm.bias')
}

/** Buffers of constants, which old versions of transformers stored. */
export const isConstantBuffer = (name: string): boolean => /(^|\.)position_ids$/.test(name)

/** What a tensor of a checkpoint is called in the model. */
export interface ModelName {
  readonly name: string
  /** Whether it is the encoder's own, which no model can do without. */
  readonly encoder: boolean
}

/**
 * Which names belong to the encoder itself rather than to a head. The pooler counts as a head: models for tokens have none,
 * so checkpoints come with and without it.
 */
export interface WeightNaming {
  /** The model name of each stored name. */
  readonly fromStored: ReadonlyMap<string, ModelName>
  isEncoder(name: string): boolean
}

/**
 * The model's names for a checkpoint's tensors. A model with a head has a prefix such as `bert.` in front of its encoder's
 * names, a bare encoder may have none: the prefix is added or taken away where checkpoint and model differ in this.
 * Source of the rule: `base_model_prefix` in transformers' `modeling_utils.py`.
 * @param prefix with its dot; empty: names stay as they are, and none is known to be an encoder's
 */
export function weightNaming(stored: Iterable<string>, specs: readonly WeightSpec[], prefix: string): WeightNaming {
  const names = [...stored].map((original) => ({ original, modern: modernName(original) }))
  const known = new Set(specs.map(({ name }) => name))
  const modelHasPrefix = prefix !== '' && specs.some(({ name }) => name.startsWith(prefix))
  const storedHasPrefix = prefix !== '' && names.some(({ modern }) => modern.startsWith(prefix))

  const isEncoder = (name: string): boolean => {
    if (prefix === '') return false
    if (!modelHasPrefix) return !name.startsWith('pooler.')
    return name.startsWith(prefix) && !name.startsWith(`${prefix}pooler.`)
  }
  const fromStored = ({ modern }: { modern: string }): ModelName => {
    if (known.has(modern)) return { name: modern, encoder: isEncoder(modern) }
    if (modelHasPrefix === storedHasPrefix) return { name: modern, encoder: isEncoder(modern) }
    if (modelHasPrefix) return { name: prefix + modern, encoder: isEncoder(prefix + modern) }
    const name = modern.startsWith(prefix) ? modern.slice(prefix.length) : modern
    return { name, encoder: name !== modern && isEncoder(name) }
  }
  return { fromStored: new Map(names.map((name) => [name.original, fromStored(name)])), isEncoder }
}
