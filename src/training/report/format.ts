/** Shown where a number is missing, NaN or infinite. */
const missing = '–'

/** Whether a value is a number that can be drawn: JSON turns NaN into null. */
export function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** `12,345` */
export function formatCount(value: number): string {
  return isFiniteNumber(value) ? Math.round(value).toLocaleString('en-US') : missing
}

/** `987`, `12.3 k`, `4.39 M`, `110 M` */
export function formatCompact(value: number): string {
  if (!isFiniteNumber(value)) return missing
  for (const [size, unit] of [
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (Math.abs(value) >= size * 0.9995) return `${Number((value / size).toPrecision(3))} ${unit}`
  }
  return String(Math.round(value))
}

/** A metric or loss: three decimals below 10, fewer above, powers of ten for the very small. */
export function formatValue(value: number): string {
  if (!isFiniteNumber(value)) return missing
  const size = Math.abs(value)
  if (size >= 1e6 || (size > 0 && size < 5e-4)) return formatPower(value)
  if (size >= 1000) return value.toLocaleString('en-US', { maximumFractionDigits: 0 })
  return value.toFixed(size < 10 ? 3 : size < 100 ? 2 : 1)
}

/** `5e-5`, `2.35e-7` */
export function formatPower(value: number): string {
  const [digits, power] = value.toExponential(2).split('e')
  return `${Number(digits)}e${Number(power)}`
}

/** `84.2 %` of a share in [0, 1]; below one tenth of a percent `<0.1 %`. */
export function formatPercent(share: number, decimals = 1): string {
  if (!isFiniteNumber(share)) return missing
  const limit = 10 ** -decimals
  if (share > 0 && share * 100 < limit) return `<${limit} %`
  return `${(share * 100).toFixed(share === 1 ? 0 : decimals)} %`
}

/** `850 ms`, `42.1 s`, `4 min 12 s`, `3 h 5 min`, `2 d 4 h` */
export function formatDuration(seconds: number): string {
  if (!isFiniteNumber(seconds)) return missing
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  const minutes = Math.round(whole / 60)
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  const hours = Math.round(minutes / 60)
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** `f1_macro` -> `F1 macro`, `matthews_correlation` -> `Matthews correlation`, `eval_loss` -> `Eval loss` */
export function formatName(name: string): string {
  const words = name.replaceAll('_', ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
