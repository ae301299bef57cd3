import type { Watcher } from '../watch-context.ts'
import { explodingGradients } from './exploding-gradients.ts'
import { lossRises } from './loss-rises.ts'
import { lossStuck } from './loss-stuck.ts'
import { notFinite } from './not-finite.ts'
import { oneClass } from './one-class.ts'

/** Everything that is looked at during a training, one line each. */
export const watchers: readonly Watcher[] = [notFinite, explodingGradients, lossRises, lossStuck, oneClass]
