import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { RuntimeError } from '../../core/errors.ts'
import { Graph } from '../../graph/graph.ts'
import { toOnnx } from '../../graph/onnx.ts'
import { mul } from '../../graph/ops/elementwise.ts'
import type { Tensor } from '../backend.ts'
import type { Engine } from '../engine.ts'
import { layoutParameters } from '../parameter-layout.ts'
import { createEngine } from './engine.ts'

const layout = layoutParameters([
  { name: 'a', shape: [2, 3] },
  { name: 'b', shape: [3] },
])
const engines: Engine[] = []
const open = () => {
  const engine = createEngine(layout, { threads: 1 })
  engines.push(engine)
  return engine
}
afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.close())))

/** y[n] = a x[n], x's row on each row of a. a: [2, 3], x: [n, 1, 3] -> y: [n, 2, 3] */
const times = (() => {
  const graph = new Graph()
  graph.output('y', mul(graph.input('a', 'float32', [2, 3]), graph.input('x', 'float32', ['n', 1, 3])))
  return { model: toOnnx(graph), parameters: ['a'] }
})()
const tensor = (values: number[], dims: number[]): Tensor => ({
  dtype: 'float32',
  data: Float32Array.from(values),
  dims,
})

test('weights are zero at first; what is written is read, copies both ways', async () => {
  const engine = open()
  expect(engine.threads).toBe(1)
  const [a] = layout.slots
  expect(await engine.read('weights', 0, layout.size)).toEqual(new Float32Array(layout.size))
  const values = Float32Array.of(1, 2, 3, 4, 5, 6)
  const writing = engine.write('weights', a.offset, values)
  values.fill(9) // after the call: the engine has its own copy
  await writing
  const read = await engine.read('weights', a.offset, a.size)
  expect(read).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6))
  read.fill(7)
  expect(await engine.read('weights', a.offset + 1, 2)).toEqual(Float32Array.of(2, 3))
})

test('calls are answered in the order in which they were made', async () => {
  const engine = open()
  const order: number[] = []
  await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      await engine.write('weights', 0, Float32Array.of(i))
      const [value] = await engine.read('weights', 0, 1)
      order.push(i)
      expect(value).toBe(19) // all writes were asked for before the first read
    }),
  )
  expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i))
})

test('a graph runs on the weights of the moment and on the batch of the call', async () => {
  const engine = open()
  await engine.loadForward('times', times)
  await engine.write('weights', layout.slots[0].offset, Float32Array.of(1, 2, 3, 4, 5, 6))
  const x = tensor([1, 10, 100], [1, 1, 3])
  expect(await engine.forward('times', { x }, ['y'])).toEqual({ y: tensor([1, 20, 300, 4, 50, 600], [1, 2, 3]) })
  await engine.write('weights', layout.slots[0].offset + 5, Float32Array.of(0))
  const { y } = await engine.forward('times', { x }, ['y'])
  expect([...y.data]).toEqual([1, 20, 300, 4, 50, 0])
  expect(x.data).toEqual(Float32Array.of(1, 10, 100)) // not taken away from the caller
})

describe('an error', () => {
  test.each<[string, (engine: Engine) => Promise<unknown>, string, RegExp]>([
    ['an unknown graph', (engine) => engine.forward('none', {}, []), 'NOT_LOADED', /"none"/],
    ['an unknown array', (engine) => engine.read('firstMoment', 0, 1), 'NO_ARRAY', /"firstMoment".*not compiled/],
    [
      'a graph that is none',
      (engine) => engine.loadForward('x', { ...times, model: new Uint8Array(9) }),
      'SESSION',
      /rejects/,
    ],
    ['a missing input', (engine) => engine.forward('times', {}, ['y']), 'RUN', /x/],
    [
      'shapes that do not fit',
      (engine) => engine.forward('times', { x: tensor([1, 2], [1, 1, 2]) }, ['y']),
      'RUN',
      /./,
    ],
  ])('of %s has its code and text, and the engine goes on', async (_what, act, code, text) => {
    const engine = open()
    await engine.loadForward('times', times)
    const failing = act(engine)
    await expect(failing).rejects.toThrow(RuntimeError)
    await expect(failing).rejects.toMatchObject({ code, message: expect.stringMatching(text) })
    const { y } = await engine.forward('times', { x: tensor([1, 1, 1], [1, 1, 3]) }, ['y'])
    expect(y.dims).toEqual([1, 2, 3])
  })

  test('of a step on an engine that was not compiled for training', () =>
    expect(open().step({} as Parameters<Engine['step']>[0])).rejects.toMatchObject({ code: 'NOT_COMPILED' }))
})

describe('closing', () => {
  test('answers the calls under way and rejects later ones; twice does no harm', async () => {
    const engine = open()
    await engine.write('weights', 0, Float32Array.of(3))
    const before = engine.read('weights', 0, 1)
    const closing = engine.close()
    expect(await before).toEqual(Float32Array.of(3))
    await closing
    await expect(engine.read('weights', 0, 1)).rejects.toMatchObject({ code: 'ENGINE_CLOSED' })
    await engine.close()
  })

  test('at once after opening, and both at a time', async () => {
    const engine = open()
    await Promise.all([engine.close(), engine.close()])
    await expect(engine.write('weights', 0, Float32Array.of(1))).rejects.toMatchObject({ code: 'ENGINE_CLOSED' })
  })
})

test('threads default to the processors that this process may use', () => {
  const engine = createEngine(layout)
  engines.push(engine)
  expect(engine.threads).toBe(availableParallelism())
})

test('an idle engine keeps no program alive, a busy one does', async () => {
  const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
  const program = `
    import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))}
    register()
    const { createEngine } = await import(${url('engine.ts')})
    const { layoutParameters } = await import(${url('../parameter-layout.ts')})
    const engine = createEngine(layoutParameters([{ name: 'a', shape: [2] }]), { threads: 1 })
    engine.write('weights', 0, Float32Array.of(5))
    engine.read('weights', 0, 1).then(([value]) => console.log('read', value)) // nothing waits for it but the engine
  `
  const node = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { timeout: 30_000 })
  expect((await node).stdout).toBe('read 5\n')
})
