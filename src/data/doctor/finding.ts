/** How bad a finding is: an error makes the training pointless, a warning its result doubtful, an info is good to know. */
export type Severity = 'error' | 'warning' | 'info'

/** A place where it shows. */
export interface FindingExample {
  /** E.g. `train.csv, row 3`. */
  place: string
  /** The text there, whole. */
  text: string
  /** What about it, e.g. its label. */
  note?: string
}

/** Something that a person should know before, or about, a training. */
export interface Finding {
  /** Stable, upper snake case, e.g. `LEAKAGE`. */
  code: string
  severity: Severity
  /** What was found, with counts: whole sentences. */
  message: string
  /** What to change: whole sentences. */
  advice: string
  /** The numbers of the message, shares in [0, 1]. */
  counts: Readonly<Record<string, number>>
  /** A few of the places, the clearest first. */
  examples: readonly FindingExample[]
}

/** Places that a finding names at most. */
export const mostExamples = 5

/** `12.3 %`, with as many digits as it takes to tell it from nothing. */
export function percent(share: number): string {
  const value = 100 * share
  return `${value === 0 || value >= 10 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toPrecision(1)} %`
}

/** `1,234` */
export const count = (value: number): string => value.toLocaleString('en-US')

/** `1 text` or `1,234 texts`. */
export const counted = (value: number, noun: string, plural = `${noun}s`): string =>
  `${count(value)} ${value === 1 ? noun : plural}`
