import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import type { Machine } from './results.ts'

/** The machine that this runs on, and how busy it is now. */
export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    loadAverage: loadavg()[0],
  }
}
