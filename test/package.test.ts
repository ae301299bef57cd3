import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from './checkpoint-fixture.ts'

const checkout = fileURLToPath(new URL('..', import.meta.url))

test('a package without compiled code says what happened', () => {
  const folder = temporaryFolder()
  for (const name of ['bin', 'package.json']) cpSync(join(checkout, name), join(folder, name), { recursive: true })
  const { status, stderr, stdout } = spawnSync(process.execPath, [join(folder, 'bin/bertsmith.js'), '--help'], {
    encoding: 'utf8',
  })
  expect(stderr).toMatch(/^bertsmith: .*dist.*"npm run pack".*\n$/)
  expect(stdout).toBe('')
  expect(status).toBe(1)
})
