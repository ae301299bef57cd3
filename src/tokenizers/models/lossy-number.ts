/**
 * The number that the reference's JSON reader (serde_json without `float_roundtrip`) makes of a number's shortest decimal
 * form: all digits as a whole number, divided by a power of ten, rounded twice. The last bit may differ from the number, and
 * decides between ways to cut a word whose scores are the same but for rounding.
 */
export function asReferenceReads(value: number): number {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value))
  if (match === null) return value
  const [, sign, whole, fraction = '', exponent = '0'] = match
  const power = Number(exponent) - fraction.length
  // Digits of the shortest form fit into the 64 bits that the reference has for them, and scores are not that small.
  if (Math.abs(power) > 308) return value
  const digits = Number(whole + fraction)
  // Not `10 ** power`, whose last bit is the engine's own.
  const scaled = power < 0 ? digits / Number(`1e${-power}`) : digits * Number(`1e${power}`)
  return sign === '' ? scaled : -scaled
}
