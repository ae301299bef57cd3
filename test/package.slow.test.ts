import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from './checkpoint-fixture.ts'

const checkout = fileURLToPath(new URL('..', import.meta.url))
const project = join(temporaryFolder(), 'project')
const installed = join(project, 'node_modules/bertsmith')

/** Runs a program to its end and returns what it prints. @throws if its status is not 0 */
const run = (cwd: string, program: string, ...args: string[]): string =>
  execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe', shell: process.platform === 'win32' })

// Packages come from npm's cache where it has them; else this needs the registry.
beforeAll(() => {
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  rmSync(join(checkout, 'dist'), { recursive: true, force: true }) // as in a fresh checkout
  run(checkout, 'npm', 'run', 'pack', '--', '--pack-destination', project)
  const [archive] = readdirSync(project).filter((name) => name.endsWith('.tgz'))
  run(project, 'npm', 'install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', `./${archive}`)
}, 600_000)

test('the package holds the compiled program and no tests, samples or references to sources that it lacks', () => {
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'))
  for (const name of ['bin/bertsmith.js', 'dist/index.js', 'dist/index.d.ts', 'README.md', 'LICENSE', 'CHANGELOG.md']) {
    expect(files).toContain(name)
  }
  expect(files.filter((name) => /^src\/|\.map$|\.(test|samples)\./.test(name))).toEqual([])
  const code = files.filter((name) => /\.(js|d\.ts)$/.test(name))
  expect(code.filter((name) => readFileSync(join(installed, name), 'utf8').includes('sourceMappingURL='))).toEqual([])
})

test('its program runs', () => {
  expect(run(project, 'npx', '--no-install', 'bertsmith', '--help')).toMatch(
    /^bertsmith \d+\.\d+\.\d+: .*\n\nUsage: bertsmith/,
  )
})

test('its modules load, and a model computes in its worker thread', () => {
  writeFileSync(
    join(project, 'index.js'),
    `import { AutoModelForSequenceClassification, bertConfig, collateSequences } from 'bertsmith'
     const config = bertConfig({ vocabSize: 11, hiddenSize: 6, numHiddenLayers: 1, numAttentionHeads: 2, intermediateSize: 5 })
     const model = await AutoModelForSequenceClassification.fromConfig(config, { threads: 1 })
     const { logits } = await model.forward(collateSequences([{ ids: Int32Array.of(2, 3), typeIds: new Int32Array(2) }]))
     console.log(logits.dims.join())
     await model.close()`,
  )
  expect(run(project, process.execPath, 'index.js')).toBe('1,2\n')
})

test('its types are found and complete', () => {
  writeFileSync(
    join(project, 'index.ts'),
    `import { bertConfig, pipeline, type TextClassification } from 'bertsmith'
     export const size: number = bertConfig({ size: 'tiny' }).hiddenSize
     export const answer: Promise<TextClassification> = pipeline('text-classification', 'x').then((classify) => classify('y'))
     // @ts-expect-error: a size is a number
     export const wrong: string = bertConfig().hiddenSize`,
  )
  const compiler = join(checkout, 'node_modules/typescript/bin/tsc')
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--typeRoots']
  run(
    project,
    process.execPath,
    compiler,
    ...options,
    join(checkout, 'node_modules/@types'),
    '--types',
    'node',
    'index.ts',
  )
})
