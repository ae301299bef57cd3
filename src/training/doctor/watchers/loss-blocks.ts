import type { WatchedEvent } from '../watch-context.ts'

/** Mean losses of stretches of a run that follow one another. */
export interface LossBlocks {
  /** float64, whole blocks; steps without a finite loss are left out */
  means: number[]
  /** Steps of a block. */
  size: number
}

/** Single losses are noise: they are looked at in means of a twentieth of the run, or of 20 steps. */
const leastSteps = 20
const blocksPerRun = 20

/** Gathers the losses of steps. @returns for each event the blocks, if the event completed one */
export function createLossBlocks(): (event: WatchedEvent) => LossBlocks | undefined {
  const means: number[] = []
  let [sum, count] = [0, 0]
  return (event) => {
    if (event.type !== 'step' || !Number.isFinite(event.loss)) return undefined
    const size = Math.max(leastSteps, Math.ceil(event.totalSteps / blocksPerRun))
    sum += event.loss
    count++
    if (count < size) return undefined
    means.push(sum / count)
    sum = 0
    count = 0
    return { means, size }
  }
}
