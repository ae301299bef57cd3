/** Names in a run's folder: what a run keeps there, and what one that was killed leaves. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

export const STATE_FILE = 'trainer_state.json'
export const OPTIMIZER_FILE = 'optimizer.safetensors'
export const SETTINGS_FILE = 'training_args.json'
export const METRICS_FILE = 'metrics.json'
export const REPORT_FILE = 'report.html'

const modelFile = String.raw`config\.json|model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?`
const runFile = [STATE_FILE, SETTINGS_FILE, METRICS_FILE, REPORT_FILE].map((name) => name.replace('.', '\\.')).join('|')

/** What may be deleted at any time: files that were being written and checkpoints that were being deleted. */
const leftovers = [
  /^\.checkpoint-\d+\.deleted$/,
  new RegExp(`^(\\.?(${modelFile})|${runFile})\\.tmp$`),
  // The tokenizer's files and the test whether a folder can be written carry the number of their process.
  /^(\.write-test-\d+|[a-z_]+\.(json|txt)\.\d+)\.tmp$/,
]

/** Removes what a killed run was writing or deleting in a folder. Files under other names, `.tmp` or not, stay. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (leftovers.some((pattern) => pattern.test(name))) await rm(join(folder, name), { recursive: true, force: true })
  }
}
