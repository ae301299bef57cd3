import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/checkpoint-fixture.ts'
import { checkOverwriting, checkTrainingFolders, searchFolders } from './training-folder.ts'

const root = temporaryFolder()
const output = join(root, 'out')

test.each([
  ['', false, false],
  ['checkpoint-12', false, false],
  ['trials/003', true, false],
  ['trials/003/checkpoint-4', true, false],
  ['models/trials', true, true],
  ['checkpoint-best', true, true],
  ['adapter', false, false],
])(
  'the model to start from in the output folder at "%s" may stand in a new run: %s, search: %s',
  async (inner, run, search) => {
    const model = join(output, inner)
    await mkdir(model, { recursive: true })
    const folders = { output, model, overwrite: true }
    for (const [replaced, isAllowed] of [
      [undefined, run],
      [searchFolders, search],
    ] as const) {
      const check = checkOverwriting(folders, replaced)
      if (isAllowed) await expect(check).resolves.toBeUndefined()
      else await expect(check).rejects.toThrow(/which --overwrite would replace: choose another --output/)
    }
  },
)

test.each([
  ['tokenizer', { tokenizer: 'checkpoint-5' }],
  ['train', { train: 'checkpoint-5/train.csv' }],
  ['train', { train: 'link.csv' }],
  ['eval', { eval: ['checkpoint-5/train.csv'] }],
  ['eval', { eval: ['a=train.csv', 'b=checkpoint-5/train.csv'] }],
  ['corpus', { corpus: ['train.csv', 'checkpoint-5'] }],
  ['eval-corpus', { evalCorpus: ['a=checkpoint-5/train.csv'] }],
])('--overwrite does not remove what --%s %j reads', async (flag, inputs) => {
  await mkdir(join(output, 'checkpoint-5'), { recursive: true })
  await writeFile(join(output, 'checkpoint-5/train.csv'), '')
  await symlink('checkpoint-5/train.csv', join(output, 'link.csv')).catch(() => {})
  const paths = (given: string | string[]): string | string[] =>
    Array.isArray(given)
      ? given.map((each) => each.replace(/[^=]+$/, (path) => join(output, path)))
      : join(output, given)
  const folders = Object.fromEntries(Object.entries(inputs).map(([name, given]) => [name, paths(given)]))
  await expect(checkOverwriting({ output, ...folders, overwrite: true })).rejects.toThrow(
    expect.objectContaining({ code: 'OVERWRITE', message: expect.stringContaining(`holds --${flag} `) }),
  )
  await expect(checkOverwriting({ output, ...folders })).resolves.toBeUndefined()
})

test('what --overwrite leaves in the output folder may be read from there', async () => {
  const train = join(output, 'train.csv')
  const folders = { output, tokenizer: output, train, eval: `dev=${train}`, corpus: [output], overwrite: true }
  await expect(checkOverwriting(folders)).resolves.toBeUndefined()
})

const noLogs = { reportTo: [], loggingDir: null }

/** A folder that holds empty files of these names. */
async function folderOf(...names: string[]): Promise<string> {
  const folder = await mkdtemp(join(root, 'folder-'))
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), '')
  }
  return folder
}

test.each([{}, { overwrite: true }, { resume: true }])('a run does not mix with a search, with %j', async (start) => {
  const output = await folderOf('search.json', 'trials/001/config.json')
  await expect(checkTrainingFolders('finetune', { output, ...start }, noLogs)).rejects.toThrow(
    expect.objectContaining({
      code: 'OUTPUT_NOT_EMPTY',
      message: expect.stringContaining('holds a search (search.json)'),
    }),
  )
})

test.each([
  ['the results of something else', ['metrics.json', 'report.html', 'notes.txt'], 'metrics.json, report.html'],
  ['another tokenizer', ['vocab.txt'], 'vocab.txt'],
])('%s in the output folder is replaced with --overwrite alone', async (_, names, said) => {
  const output = await folderOf(...names)
  const folders = { output, tokenizer: await folderOf('vocab.txt') }
  for (const resume of [false, true]) {
    await expect(checkTrainingFolders('finetune', { ...folders, resume }, noLogs)).rejects.toThrow(
      `${output} holds no run, but files that one would replace or mix with (${said}): allow that with overwrite`,
    )
  }
  await expect(checkTrainingFolders('finetune', { ...folders, overwrite: true }, noLogs)).resolves.toBeUndefined()
})

test('a run may begin where its own tokenizer stands, and again where it was killed at its start', async () => {
  const output = await folderOf('tokenizer.json', 'vocab.txt')
  await expect(checkTrainingFolders('finetune', { output, tokenizer: `${output}/.` }, noLogs)).resolves.toBeUndefined()
  const killed = await folderOf('training_args.json', 'tokenizer.json')
  await expect(checkTrainingFolders('finetune', { output: killed, tokenizer: output }, noLogs)).resolves.toBeUndefined()
})

test.each([
  ['checkpoint-5', true],
  ['checkpoint-5/logs', true],
  ['checkpoint-best', false],
  ['logs', false],
])('logs in %s of the output folder, which a checkpoint may replace: %s', async (name, isRefused) => {
  const output = await folderOf()
  const loggingDir = `${output}/../${basename(output)}/${name}`
  const logs = { reportTo: ['jsonl'] as const, loggingDir }
  const check = checkTrainingFolders('finetune', { output }, logs)
  if (isRefused)
    await expect(check).rejects.toThrow(/loggingDir .* is in .*checkpoint-5, which a checkpoint may replace/)
  else await expect(check).resolves.toBeUndefined()
  await expect(checkTrainingFolders('finetune', { output }, { ...logs, reportTo: [] })).resolves.toBeUndefined()
})

test('a link to nothing is refused as the folder of a run, of its logs, and above them', async () => {
  const link = join(output, '../nowhere')
  await symlink('not-there', link)
  const logs = { reportTo: ['jsonl'] as const, loggingDir: link }
  for (const [folders, args, setting] of [
    [{ output: link }, noLogs, '--output'],
    [{ output: join(link, 'deep') }, noLogs, '--output'],
    [{ output: join(output, 'new') }, logs, 'loggingDir'],
  ] as const) {
    await expect(checkTrainingFolders('finetune', folders, args)).rejects.toThrow(
      new RegExp(`nowhere is a link to what is not there, expected a folder. Choose another ${setting}`),
    )
  }
})
