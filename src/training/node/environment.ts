import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import type { SettingValue } from '../run-record.ts'

/** The version of this package, from its package.json. */
export function packageVersion(): Promise<string> {
  return versionIn(new URL('../../../package.json', import.meta.url)) // as far from src/ as from dist/
}

/** Versions and hardware that a run's speed, and its last bits, depend on. */
export async function environmentOf({ threads }: { threads: number }): Promise<Record<string, SettingValue>> {
  const engine = 'onnxruntime-node'
  const resolved = createRequire(import.meta.url).resolve(`${engine}/package.json`)
  return {
    bertsmith: await packageVersion(),
    node: process.versions.node,
    [engine]: await versionIn(resolved),
    device: 'cpu',
    threads,
    processor: cpus()[0]?.model.trim(),
    platform: `${process.platform} ${process.arch}`,
  }
}

async function versionIn(path: string | URL): Promise<string> {
  return JSON.parse(await readFile(path, 'utf8')).version
}
