import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { WeightSpec } from '../src/checkpoints/index.ts'

/** Folders that transformers wrote, with PyTorch's values of their tensors. */
export const checkpointFixture: {
  /** Files of each folder, base64. */
  folders: Record<string, Record<string, string>>
  /** All tensors sorted by name, as float32, base64. */
  values: Record<string, string>
  typeValues: Record<string, string>
  sha256OfAllPatterns: Record<'F16' | 'BF16', string>
} = JSON.parse(readFileSync(new URL('../src/checkpoints/checkpoints.fixture.json', import.meta.url), 'utf8'))

export const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
export const floatsOf = (base64: string): Float32Array => new Float32Array(bytesOf(base64).buffer)
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
export const contents = (folder: string): string[] => readdirSync(folder).sort()

/** A folder for the tests of one file, removed after them. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bertsmith-checkpoints-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes a folder of the fixture into `root`; returns its path. */
export async function unpack(root: string, name: string, as = name): Promise<string> {
  const folder = join(root, as)
  await mkdir(folder, { recursive: true })
  for (const [file, base64] of Object.entries(checkpointFixture.folders[name])) {
    await writeFile(join(folder, file), bytesOf(base64))
  }
  return folder
}

/** Parameters of the fixture's models: hidden 12, inner 17, vocabulary 23, 7 positions, 2 layers. */
export function encoderSpecs(prefix = 'bert.'): WeightSpec[] {
  const [H, I] = [12, 17]
  const norm = (name: string) => [spec(`${name}.weight`, H), spec(`${name}.bias`, H)]
  const linear = (name: string, input: number, output: number) => [
    spec(`${name}.weight`, output, input),
    spec(`${name}.bias`, output),
  ]
  const specs = [
    spec('embeddings.word_embeddings.weight', 23, H),
    spec('embeddings.position_embeddings.weight', 7, H),
    spec('embeddings.token_type_embeddings.weight', 2, H),
    ...norm('embeddings.LayerNorm'),
    ...[0, 1].flatMap((i) => [
      ...['query', 'key', 'value'].flatMap((name) => linear(`encoder.layer.${i}.attention.self.${name}`, H, H)),
      ...linear(`encoder.layer.${i}.attention.output.dense`, H, H),
      ...norm(`encoder.layer.${i}.attention.output.LayerNorm`),
      ...linear(`encoder.layer.${i}.intermediate.dense`, H, I),
      ...linear(`encoder.layer.${i}.output.dense`, I, H),
      ...norm(`encoder.layer.${i}.output.LayerNorm`),
    ]),
    ...linear('pooler.dense', H, H),
  ]
  return specs.map(({ name, shape }) => ({ name: prefix + name, shape }))
}

export const preTrainingHeadSpecs: WeightSpec[] = [
  spec('cls.predictions.bias', 23),
  spec('cls.predictions.transform.dense.weight', 12, 12),
  spec('cls.predictions.transform.dense.bias', 12),
  spec('cls.predictions.transform.LayerNorm.weight', 12),
  spec('cls.predictions.transform.LayerNorm.bias', 12),
  spec('cls.seq_relationship.weight', 2, 12),
  spec('cls.seq_relationship.bias', 2),
]

export const classifierSpecs: WeightSpec[] = [spec('classifier.weight', 3, 12), spec('classifier.bias', 3)]

/** The values of a list of tensors, sorted by name, one behind the other, as the fixture has them. */
export function concatenated(tensors: ReadonlyMap<string, Float32Array>): Float32Array {
  return Float32Array.from([...tensors.keys()].sort().flatMap((name) => [...tensors.get(name)!]))
}

function spec(name: string, ...shape: number[]): WeightSpec {
  return { name, shape }
}
