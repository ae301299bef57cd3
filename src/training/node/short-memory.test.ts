import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('short-memory.samples.ts', import.meta.url))
// Other systems have no such limit that a process can set itself.
const hasLimits = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0

test.skipIf(!hasLimits)('where the engine itself is refused memory, the step is taken in smaller micro-batches', () => {
  const args = ['--import', import.meta.resolve('tsx'), program]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  expect(stderr).toContain('Failed to allocate memory')
  const { short, whole, messages, parts } = JSON.parse(stdout)
  expect(parts).toBeGreaterThanOrEqual(2)
  expect(messages[0]).toMatch(/^memory ran out with micro-batches of 24: from here on at most 12 examples/)
  // In float32, over 12,288 tokens.
  expect(Math.abs(short.loss - whole.loss)).toBeLessThan(1e-6)
  expect(Math.abs(short.gradNorm - whole.gradNorm)).toBeLessThan(1e-6)
})
