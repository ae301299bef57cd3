/**
 * The errors that bertsmith throws on purpose. Each carries a stable `code` for programs and a message for people that
 * says where, what was expected, what came, and what to do.
 */
export class BertsmithError extends Error {
  /** Stable, machine-readable, upper snake case, e.g. `MISSING_COLUMN`. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** Tensors whose shapes or types do not fit together. */
export class ShapeError extends BertsmithError {}
/** A setting that is unknown, out of range or contradicts another. */
export class ConfigError extends BertsmithError {}
/** A model folder or weight file that is missing, broken or does not match its model. */
export class CheckpointError extends BertsmithError {}
/** A data file, row or label that cannot be used. */
export class DataError extends BertsmithError {}
/** A tokenizer file that is broken, or a text or setting that a tokenizer cannot serve. */
export class TokenizerError extends BertsmithError {}
/** The engine failed while it ran a graph. */
export class RuntimeError extends BertsmithError {}

/** The same error in other words, with the first as its cause. */
export function reworded<E extends BertsmithError>(error: E, message: string): E {
  const kind = error.constructor as new (code: string, message: string, options: ErrorOptions) => E
  return new kind(error.code, message, { cause: error })
}

/** The known name nearest to `name`, if it is near enough to be a typing slip: for "did you mean" in messages. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `; did you mean "x"?` or an empty string. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known)
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    previous = row
  }
  return previous[b.length]
}
