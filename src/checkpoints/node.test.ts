import { copyFile, mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  bytesOf,
  checkpointFixture,
  classifierSpecs,
  concatenated,
  contents,
  encoderSpecs,
  floatsOf,
  preTrainingHeadSpecs,
  temporaryFolder,
  unpack,
} from '../../test/checkpoint-fixture.ts'
import { CheckpointError } from '../core/errors.ts'
import {
  assertWritable,
  type LoadOptions,
  loadWeights,
  openWeights,
  readConfig,
  saveWeights,
  type TensorToSave,
  writeConfig,
} from './node.ts'
import type { WeightSpec } from './weight-names.ts'

const root = temporaryFolder()
const preTraining = [...encoderSpecs(), ...preTrainingHeadSpecs]
const classifier = [...encoderSpecs(), ...classifierSpecs]

async function load(path: string, specs: readonly WeightSpec[], options: LoadOptions = {}) {
  const values = new Map<string, Float32Array>()
  const write = (name: string, data: Float32Array) => void values.set(name, data)
  const report = await loadWeights(path, specs, { prefix: 'bert.', write, ...options })
  return { values, report }
}

async function error(promise: Promise<unknown>): Promise<CheckpointError> {
  const caught = await promise.then(
    () => new Error('nothing was thrown'),
    (error) => error,
  )
  expect(caught).toBeInstanceOf(CheckpointError)
  return caught as CheckpointError
}

/** All tensors of a folder of the fixture, to save. */
async function tensorsOf(folder: string): Promise<TensorToSave[]> {
  const weights = await openWeights(folder)
  const tensors = [...weights.tensors.values()].map(async ({ name, shape }) => ({
    name,
    shape,
    data: await weights.read(name),
  }))
  return Promise.all(tensors).finally(() => weights.close())
}

describe('loadWeights gives the values of PyTorch', () => {
  test.each(['pretraining', 'sharded'])('%s', async (name) => {
    const { values, report } = await load(await unpack(root, name), preTraining)
    expect(concatenated(values)).toEqual(floatsOf(checkpointFixture.values.pretraining))
    expect(report.newlyInitialised).toEqual([])
  })

  test.each(['float16', 'bfloat16'])('%s', async (name) => {
    const { values } = await load(await unpack(root, name), classifier)
    expect(concatenated(values)).toEqual(floatsOf(checkpointFixture.values[name]))
  })

  test('legacy names, position ids and copies of tied weights', async () => {
    const folder = await unpack(root, 'legacy')
    const { values, report } = await load(folder, preTraining, { ignorable: [/^cls\.predictions\.decoder\./] })
    expect(concatenated(values)).toEqual(floatsOf(checkpointFixture.values.pretraining))
    expect(report.ignored).toEqual([
      'bert.embeddings.position_ids',
      'cls.predictions.decoder.bias',
      'cls.predictions.decoder.weight',
    ])
  })

  test('a base checkpoint without prefix equals the encoder of the whole one', async () => {
    const base = await load(await unpack(root, 'base'), encoderSpecs())
    const whole = await load(await unpack(root, 'pretraining'), encoderSpecs(), { mayBeUnexpected: [/^cls\./] })
    expect(base.values.size).toBe(39)
    expect(base.values).toEqual(whole.values)
  })

  test('into arrays that exist, in shared memory too', async () => {
    const memory = new Float32Array(new SharedArrayBuffer(4 * 40_000))
    const places = new Map<string, Float32Array>()
    let offset = 0
    for (const { name, shape } of classifier) {
      const size = shape.reduce((product, dim) => product * dim, 1)
      places.set(name, memory.subarray(offset, offset + size))
      offset += size
    }
    await loadWeights(await unpack(root, 'bfloat16'), classifier, { into: (name) => places.get(name)! })
    expect(concatenated(places)).toEqual(floatsOf(checkpointFixture.values.bfloat16))
    const f32 = await unpack(root, 'pretraining')
    await loadWeights(f32, encoderSpecs(), {
      into: (name) => places.get(name)!,
      mayBeUnexpected: [/^cls\./],
      prefix: 'bert.',
    })
    const direct = await load(f32, encoderSpecs(), { mayBeUnexpected: [/^cls\./] })
    for (const [name, values] of direct.values) expect(places.get(name)).toEqual(values)
  })

  test('nothing is written if anything is wrong', async () => {
    const written: string[] = []
    const promise = load(await unpack(root, 'pretraining'), classifier, { write: (name) => void written.push(name) })
    expect((await error(promise)).code).toBe('WEIGHTS_MISMATCH')
    expect(written).toEqual([])
  })
})

describe('openWeights', () => {
  test('reads every type', async () => {
    const weights = await openWeights(join(await unpack(root, 'types'), 'model.safetensors'))
    for (const name of ['F64', 'F32', 'F16', 'BF16', 'scalar', 'empty']) {
      expect(await weights.read(name)).toEqual(floatsOf(checkpointFixture.typeValues[name]))
    }
    const raw = async (name: string) => (await weights.readBytes(name)).buffer
    expect([...new BigInt64Array(await raw('I64'))]).toEqual([2n ** 40n, -1n])
    expect([...new Int32Array(await raw('I32'))]).toEqual([-(2 ** 31)])
    expect([...new Int8Array(await raw('I8'))]).toEqual([-128, 127, 1])
    expect([...new Uint8Array(await raw('U8'))]).toEqual([255])
    expect([...new Uint8Array(await raw('BOOL'))]).toEqual([1, 0])
    expect((await error(weights.read('I64'))).message).toContain('tensor "I64": elements of type I64 are no weights')
    expect((await error(weights.read('x'))).message).toContain('there is no tensor "x"')
    await weights.close()
  })

  test('a missing folder and a folder without weights', async () => {
    expect((await error(openWeights(join(root, 'nowhere')))).message).toContain('nowhere: there is no such folder')
    const folder = join(root, 'empty')
    await mkdir(folder)
    expect((await error(openWeights(folder))).message).toContain('no model.safetensors and no model.safetensors.index')
    await writeFile(join(folder, 'pytorch_model.bin'), 'x')
    const caught = await error(openWeights(folder))
    expect(caught.code).toBe('PICKLED_WEIGHTS')
    expect(caught.message).toContain('python -c "import glob, torch; from safetensors.torch import save_file; ')
  })

  test('missing shards are named', async () => {
    const folder = await unpack(root, 'sharded', 'missing-shards')
    await rm(join(folder, 'model-00002-of-00003.safetensors'))
    await rm(join(folder, 'model-00003-of-00003.safetensors'))
    const { message } = await error(openWeights(folder))
    expect(message).toContain('2 of 3 files')
    expect(message).toContain('model-00002-of-00003.safetensors, model-00003-of-00003.safetensors')
  })

  test('shards of different saves', async () => {
    const folder = await unpack(root, 'sharded', 'mixed-shards')
    await copyFile(join(folder, 'model-00002-of-00003.safetensors'), join(folder, 'model-00003-of-00003.safetensors'))
    expect((await error(openWeights(folder))).message).toMatch(/tensor ".*" should lie in model-00003-of-00003/)
  })

  test('an index that leads out of its folder', async () => {
    const folder = await unpack(root, 'sharded', 'escaping-index')
    const index = { weight_map: { a: '../pretraining/model.safetensors' } }
    await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index))
    expect((await error(openWeights(folder))).code).toBe('BAD_INDEX')
  })

  test('a file cut off, before and after it was opened', async () => {
    const path = join(await unpack(root, 'pretraining', 'cut-off'), 'model.safetensors')
    const weights = await openWeights(path)
    const { size } = await readFile(path).then(({ length }) => ({ size: length }))
    await truncate(path, size - 40)
    const last = [...weights.tensors.keys()].at(-1)!
    expect((await error(weights.read(last))).message).toContain(`tensor "${last}": the file is cut off`)
    await weights.close()
    const { message } = await error(openWeights(path))
    expect(message).toContain(path)
    expect(message).toContain(`expected ${size} bytes, found ${size - 40} bytes`)
    await truncate(path, 3)
    expect((await error(openWeights(path))).message).toContain('found 3 bytes')
  })
})

describe('saveWeights', () => {
  test('writes the bytes that transformers wrote', async () => {
    const source = await unpack(root, 'pretraining')
    const tensors = await tensorsOf(source)
    const folder = join(root, 'saved/deep')
    await saveWeights(folder, tensors.reverse())
    expect(contents(folder)).toEqual(['model.safetensors'])
    const bytes = bytesOf(checkpointFixture.folders.pretraining['model.safetensors'])
    expect((await readFile(join(folder, 'model.safetensors'))).equals(bytes)).toBe(true)
  })

  test('shards can be read and replace an earlier save, and the other way round', async () => {
    const folder = await unpack(root, 'pretraining', 'resharded')
    const tensors = await tensorsOf(folder)
    await writeFile(join(folder, 'model-00001-of-00009.safetensors.tmp'), 'left by a crash')
    await saveWeights(folder, tensors, { maxShardBytes: 5000 })
    expect(contents(folder)).toEqual([
      'config.json',
      'model-00001-of-00003.safetensors',
      'model-00002-of-00003.safetensors',
      'model-00003-of-00003.safetensors',
      'model.safetensors.index.json',
    ])
    const { values } = await load(folder, preTraining)
    expect(concatenated(values)).toEqual(floatsOf(checkpointFixture.values.pretraining))
    await saveWeights(folder, tensors)
    expect(contents(folder)).toEqual(['config.json', 'model.safetensors'])
  })

  test('a tensor that is too big alone has its own shard', async () => {
    const folder = join(root, 'big-tensor')
    const tensor = (name: string, size: number) => ({ name, shape: [size], data: new Float32Array(size) })
    await saveWeights(folder, [tensor('a', 2), tensor('b', 100), tensor('c', 2)], { maxShardBytes: 40 })
    expect(contents(folder)).toHaveLength(4)
  })

  test('values are asked for one tensor at a time, in order', async () => {
    const asked: string[] = []
    const lazy = (name: string) => ({
      name,
      shape: [2],
      data: async () => {
        asked.push(name)
        return Float32Array.of(1, 2)
      },
    })
    await saveWeights(join(root, 'lazy'), [lazy('b'), lazy('a')])
    expect(asked).toEqual(['a', 'b'])
    expect((await tensorsOf(join(root, 'lazy'))).map(({ data }) => data)).toEqual([
      Float32Array.of(1, 2),
      Float32Array.of(1, 2),
    ])
  })

  test('a failure leaves the earlier file as it was and nothing beside it', async () => {
    const folder = await unpack(root, 'pretraining', 'failing')
    const wrong = { name: 'a', shape: [3], data: new Float32Array(2) }
    expect((await error(saveWeights(folder, [wrong]))).message).toContain('"a" [3] has 3 elements, 2 were given')
    const thrown = new Error('no values')
    const failing = { name: 'a', shape: [3], data: () => Promise.reject(thrown) }
    await expect(saveWeights(folder, [failing])).rejects.toBe(thrown)
    expect((await error(saveWeights(folder, [wrong, wrong]))).code).toBe('DUPLICATE_TENSOR')
    expect(contents(folder)).toEqual(['config.json', 'model.safetensors'])
    expect((await load(folder, preTraining)).report.loaded).toHaveLength(preTraining.length)
  })

  test.runIf(process.platform === 'linux')('a full disk', async () => {
    const folder = await unpack(root, 'pretraining', 'full-disk')
    await symlink('/dev/full', join(folder, 'model.safetensors.tmp')) // every write to it fails with ENOSPC
    const caught = await error(saveWeights(folder, [{ name: 'a', shape: [3], data: new Float32Array(3) }]))
    expect(caught.code).toBe('NO_SPACE')
    expect(caught.message).toContain('model.safetensors: the disk is full')
    expect((await load(folder, preTraining)).report.loaded).toHaveLength(preTraining.length)
  })
})

describe('config.json', () => {
  test('comes back as it was written, byte for byte as transformers writes it', async () => {
    const config = await readConfig(await unpack(root, 'float16'))
    expect(config).toMatchObject({ model_type: 'bert', hidden_size: 12, classifier_dropout: null })
    const folder = join(root, 'config')
    await writeConfig(folder, Object.fromEntries(Object.entries(config).reverse()))
    expect(contents(folder)).toEqual(['config.json'])
    expect((await readFile(join(folder, 'config.json'))).toString()).toBe(
      new TextDecoder().decode(bytesOf(checkpointFixture.folders.float16['config.json'])),
    )
  })

  test('what is wrong is said with the path', async () => {
    const folder = join(root, 'bad-config')
    expect((await error(readConfig(folder))).code).toBe('NO_FOLDER')
    await mkdir(folder)
    expect((await error(readConfig(folder))).message).toContain(`${folder}: there is no config.json`)
    await writeFile(join(folder, 'config.json'), '{"a": 1,}')
    expect((await error(readConfig(folder))).message).toContain(`${join(folder, 'config.json')}: no valid JSON`)
    await writeFile(join(folder, 'config.json'), '[]')
    expect((await error(readConfig(folder))).message).toContain('expected a JSON object')
    expect((await error(readConfig(join(folder, 'config.json')))).code).toBe('NOT_A_FOLDER')
  })
})

describe('assertWritable', () => {
  test('creates the folder and leaves nothing in it', async () => {
    const folder = join(root, 'new/output')
    await assertWritable(folder)
    await assertWritable(folder)
    expect(contents(folder)).toEqual([])
  })

  test('a file, and a folder below a file', async () => {
    const file = join(root, 'a-file')
    await writeFile(file, '')
    expect((await error(assertWritable(file))).message).toContain(`${file}: this is a file, expected a folder`)
    expect((await error(assertWritable(join(file, 'below')))).code).toBe('NOT_A_FOLDER')
  })

  test.runIf(process.platform === 'linux')('a place where nothing can be created', async () => {
    const caught = await error(assertWritable('/proc/output'))
    expect(caught.message).toContain('/proc/output')
  })
})
