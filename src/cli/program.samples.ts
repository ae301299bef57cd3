/** Runs the program in tests, on data and a model that are as small as can be. */
import { type ChildProcess, spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../../test/checkpoint-fixture.ts'
import { createModel } from '../checkpoints/node.ts'
import { randomStream } from '../core/random.ts'
import { bertConfig } from '../models/bert-config.ts'
import { loadTokenizer } from '../tokenizers/node.ts'
import { runProgram } from './program.ts'

/** The path of the program. */
export const program = fileURLToPath(new URL('../../bin/bertsmith.js', import.meta.url))

export interface ProgramResult {
  status: number | null
  stdout: string
  stderr: string
}

/**
 * Starts the real program as a child process.
 * @param before what a POSIX shell does first, such as `ulimit -f 40`
 */
export function startProgram(
  args: readonly string[],
  cwd: string,
  before?: string,
): { child: ChildProcess; done: Promise<ProgramResult> } {
  const plain = [process.execPath, program, ...args]
  const [command, ...rest] = before === undefined ? plain : ['sh', '-c', `${before}; exec "$@"`, 'sh', ...plain]
  const child = spawn(command, rest, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const result: ProgramResult = { status: null, stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    result.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    result.stderr += text
  })
  const done = new Promise<ProgramResult>((resolve, reject) => {
    child.on('error', reject).on('close', (status) => resolve({ ...result, status }))
  })
  return { child, done }
}

/** Runs a command line in this process: a second faster than a process of its own. */
export async function runHere(args: readonly string[]): Promise<ProgramResult> {
  const result = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    write(text: string) {
      result[name] += text
      return true
    },
  })
  const system = { stdout: stream('stdout'), stderr: stream('stderr'), on() {}, die() {} }
  const status = await runProgram(args, system as unknown as Parameters<typeof runProgram>[1])
  return { status, ...result }
}

/** A folder for the tests of one file, removed after them, the path of a file in it, and a way to write one. */
export function testFolder() {
  const folder = temporaryFolder()
  const at = (name: string) => join(folder, name)
  const write = (name: string, content: string | Uint8Array) => writeFile(at(name), content)
  return { folder, at, write }
}

/** What most tests start from: a vocabulary in `tok` and a language model in `base`. */
export async function makeBase(folder: string): Promise<void> {
  await makeVocabulary(join(folder, 'tok'))
  await makeModelFolder(join(folder, 'base'), join(folder, 'tok'))
}

export const temporaryDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'bertsmith-cli-'))

/** Rows `text,label` that a model can learn: which of two sets of words comes more often. */
export function labelledCsv(rows: number, seed: number): string {
  const random = randomStream(seed, 'cli data')
  const words = [
    ['good', 'great', 'lovely', 'bright'],
    ['bad', 'awful', 'dull', 'broken'],
  ]
  const lines = Array.from({ length: rows }, (_, i) => {
    const label = i % 2
    const text = Array.from({ length: 3 + random.integer(6) }, () => words[label][random.integer(4)])
    return `"${text.join(' ')}, film",${label === 0 ? 'positive' : 'negative'}`
  })
  return `text,label\n${lines.join('\n')}\n`
}

/** A model of hidden size 12 with random weights in `folder`, with the tokenizer of another folder. */
export async function makeModelFolder(
  folder: string,
  tokenizerFolder: string,
  task = 'masked-lm',
  more: Parameters<typeof bertConfig>[0] = {},
): Promise<void> {
  await mkdir(folder, { recursive: true })
  await cp(tokenizerFolder, folder, { recursive: true })
  const { vocabSize } = await loadTokenizer(tokenizerFolder)
  const config = bertConfig({
    vocabSize,
    hiddenSize: 12,
    numHiddenLayers: 2,
    numAttentionHeads: 3,
    intermediateSize: 17,
    maxPositionEmbeddings: 16,
    ...more,
  })
  const model = await createModel(task, 'bert', config, { threads: 1, seed: 7 })
  await model.savePretrained(folder).finally(() => model.close())
}

/** A vocabulary of words that the data has. */
export async function makeVocabulary(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const words = 'good great lovely bright bad awful dull broken , film'.split(' ')
  await writeFile(join(folder, 'vocab.txt'), ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words, ''].join('\n'))
}
