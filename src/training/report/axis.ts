import { formatPower } from './format.ts'

/** An axis from `min` to `max` with round ticks; positions are shares of its length. */
export interface Axis {
  min: number
  max: number
  ticks: { value: number; label: string }[]
  /** Share in [0, 1] of the way from min to max. */
  position(value: number): number
}

/** The step 1, 2 or 5 times a power of ten that cuts `span` into at most `count` parts. */
function roundStep(span: number, count: number): number {
  const rough = span / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10
  return factor * power
}

/**
 * A linear axis that holds [low, high]. A single value gets room around it.
 * @param options.count at most so many parts, default 5
 * @param options.extend whether the axis ends at ticks (as a value axis does) or at the data (as a time axis does)
 * @param options.floor a bound that room around the data never crosses, such as 0 for a loss
 */
export function linearAxis(
  low: number,
  high: number,
  options: { count?: number; extend?: boolean; integers?: boolean; floor?: number; ceiling?: number } = {},
): Axis {
  const { count = 5, extend = true, integers = false, floor = -Infinity, ceiling = Infinity } = options
  if (!(high > low)) {
    const room = Math.abs(low) * 0.1 || 1
    high = Math.max(low, Math.min(ceiling, low + room))
    low = Math.min(low, Math.max(floor, low - room))
  }
  const step = Math.max(roundStep(high - low, count), integers ? 1 : 0)
  const first = extend ? Math.floor(low / step + 1e-9) : Math.ceil(low / step - 1e-9)
  const last = extend ? Math.ceil(high / step - 1e-9) : Math.floor(high / step + 1e-9)
  const values = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
  const min = extend ? first * step : low
  const max = extend ? last * step : high
  const format = tickFormat(step, Math.max(Math.abs(min), Math.abs(max)))
  return {
    min,
    max,
    ticks: values.map((value) => ({ value, label: format(value) })),
    position: (value) => (value - min) / (max - min),
  }
}

/** A logarithmic axis that holds [low, high], both positive. */
export function logAxis(low: number, high: number): Axis {
  const first = Math.floor(Math.log10(low) + 1e-9)
  const last = Math.max(Math.ceil(Math.log10(high) - 1e-9), first + 1)
  const every = Math.ceil((last - first) / 5)
  const powers = Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, i) => first + i * every)
  return {
    min: 10 ** first,
    max: 10 ** last,
    ticks: powers.map((power) => ({
      value: 10 ** power,
      label: power >= -3 && power <= 3 ? String(Number((10 ** power).toPrecision(1))) : `1e${power}`,
    })),
    position: (value) => (Math.log10(value) - first) / (last - first),
  }
}

/** One way of writing for all ticks of an axis: equal decimals, `k` and `M`, or powers of ten. */
function tickFormat(step: number, largest: number): (value: number) => string {
  if (largest >= 1e9 || (largest < 1e-2 && step < 1e-3)) return (value) => (value === 0 ? '0' : formatPower(value))
  const [size, unit] = largest >= 2e6 ? [1e6, 'M'] : largest >= 1e4 ? [1e3, 'k'] : [1, '']
  const decimals = Math.max(0, -Math.floor(Math.log10(step / size) + 1e-9))
  return (value) =>
    value === 0 ? '0' : `${(value / size).toLocaleString('en-US', { minimumFractionDigits: decimals })}${unit}`
}
