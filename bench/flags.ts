/** The whole number that a flag gives. @throws Error naming the flag */
export function count(flag: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`${flag} must be a whole number of at least ${least}, not "${text}"`)
}
