import { ConfigError } from '../core/errors.ts'

/**
 * Prepares items before they are asked for: while the consumer works (awaiting an engine, say), up to `depth` further items
 * are drawn from the source, one at a time. An error of the source arrives after the items that came before it. If the
 * consumer stops early, the source's `return()` is called and awaited.
 * @param depth items kept ready, 1 or more; default 2
 * @throws ConfigError for another depth, at the first item
 */
export async function* prefetch<T>(source: AsyncIterable<T>, depth = 2): AsyncGenerator<T, void, undefined> {
  if (!Number.isInteger(depth) || depth < 1) {
    throw new ConfigError('PREFETCH_DEPTH', `expected a prefetch depth of 1 or more, a whole number, found ${depth}.`)
  }
  const iterator = source[Symbol.asyncIterator]()
  const ready: Promise<IteratorResult<T, unknown>>[] = []
  let last: Promise<void> = Promise.resolve() // settles, never rejects, when the newest request is done
  let exhausted = false // the source has ended or failed
  let stopped = false // the consumer wants no more
  const request = () => {
    const result = last.then(async (): Promise<IteratorResult<T, unknown>> => {
      if (exhausted || stopped) return { done: true, value: undefined }
      exhausted = true // for the case that next() throws
      const item = await iterator.next()
      exhausted = item.done ?? false
      return item
    })
    last = result.then(
      () => {},
      () => {},
    )
    ready.push(result)
  }
  for (let i = 0; i < depth; i++) request()
  try {
    for (let next = ready.shift(); next !== undefined; next = ready.shift()) {
      const result = await next
      if (result.done) return
      request()
      yield result.value
    }
  } finally {
    stopped = true
    await last
    // As for a plain `for await`: a source that ended or failed by itself is not told to stop.
    if (!exhausted) await iterator.return?.()
  }
}
