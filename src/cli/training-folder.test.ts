import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/checkpoint-fixture.ts'
import { checkOverwriting, searchFolders } from './training-folder.ts'

const output = join(temporaryFolder(), 'out')

test.each([
  ['', false, false],
  ['checkpoint-12', false, false],
  ['trials/003', true, false],
  ['trials/003/checkpoint-4', true, false],
  ['models/trials', true, true],
  ['checkpoint-best', true, true],
])(
  'the model to start from in the output folder at "%s" may stand in a new run: %s, search: %s',
  async (inner, run, search) => {
    const model = join(output, inner)
    await mkdir(model, { recursive: true })
    const folders = { output, model, overwrite: true }
    for (const [check, isAllowed] of [
      [checkOverwriting(folders), run],
      [checkOverwriting(folders, searchFolders), search],
    ] as const) {
      if (isAllowed) await expect(check).resolves.toBeUndefined()
      else await expect(check).rejects.toThrow(/which --overwrite would replace: choose another --output/)
    }
  },
)
