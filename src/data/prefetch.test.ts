import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigError } from '../core/errors.ts'
import { prefetch } from './prefetch.ts'

const settle = () => new Promise((resolve) => setTimeout(resolve, 5))

/** Counts up to `end`, notes what is asked of it, and fails at `failAt`. */
function source(end: number, failAt = Number.POSITIVE_INFINITY) {
  const seen = { started: 0, returned: 0, running: 0, overlap: false }
  const iterable: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const value = seen.started++
        if (++seen.running > 1) seen.overlap = true
        await Promise.resolve()
        seen.running--
        if (value === failAt) throw new Error(`broken at ${value}`)
        return value < end ? { done: false, value } : { done: true, value: undefined }
      },
      async return() {
        seen.returned++
        return { done: true, value: undefined }
      },
    }),
  }
  return { seen, iterable }
}

test('gives the items of the source in order, one request at a time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 9 }), fc.integer({ min: 1, max: 5 }), async (end, depth) => {
      const { seen, iterable } = source(end)
      const items: number[] = []
      for await (const item of prefetch(iterable, depth)) items.push(item)
      expect(items).toEqual(Array.from({ length: end }, (_, i) => i))
      expect(seen).toMatchObject({ started: end + 1, returned: 0, overlap: false })
    }),
  )
})

test('keeps depth items ready while the consumer works, and no more', async () => {
  const { seen, iterable } = source(100)
  const items = prefetch(iterable, 3)
  await items.next()
  await settle()
  expect(seen.started).toBe(4)
  await items.next()
  await settle()
  expect(seen.started).toBe(5)
  await items.return()
})

test('an error comes after the items before it, and ends the iteration', async () => {
  const { seen, iterable } = source(100, 3)
  const items: number[] = []
  await expect(
    (async () => {
      for await (const item of prefetch(iterable, 2)) {
        await settle() // the source has failed by now
        items.push(item)
      }
    })(),
  ).rejects.toThrow('broken at 3')
  expect(items).toEqual([0, 1, 2])
  expect(seen).toMatchObject({ started: 4, returned: 0 })
})

test('a consumer that stops early stops the source, once, after the request under way', async () => {
  const { seen, iterable } = source(100)
  for await (const item of prefetch(iterable, 2)) if (item === 4) break
  expect(seen.returned).toBe(1)
  expect(seen.running).toBe(0)
  const { started } = seen
  await settle()
  expect(seen.started).toBe(started)
})

test('a failed source that nobody waits for is no unhandled rejection', async () => {
  const { iterable } = source(100, 1)
  for await (const _ of prefetch(iterable, 2)) {
    await settle()
    break
  }
  await settle()
})

test('refuses a depth below 1', async () => {
  for (const depth of [0, -1, 1.5])
    await expect(prefetch(source(1).iterable, depth).next()).rejects.toThrow(ConfigError)
})
