/** The ONNX Runtime backend for Node: the home of onnxruntime-node's quirks. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { RuntimeError } from '../../core/errors.ts'
import type { Backend, ProfileEvent, Session, SessionOptions, Tensor, TensorData } from '../backend.ts'

export interface OnnxRuntimeOptions {
  /** Threads of a matrix product. */
  threads: number
  /** Keep freed memory in the engine's arena. Touching fresh memory is slow, so the default is true. */
  arena?: boolean
}

/** A backend that runs graphs on the CPU provider, in the calling thread: use it from a worker. */
export function onnxRuntimeBackend({ threads, arena = true }: OnnxRuntimeOptions): Backend {
  return {
    name: 'onnxruntime-node/cpu',
    createSession: (model, options = {}) => createSession(model, threads, arena, options),
  }
}

async function createSession(
  model: Uint8Array,
  threads: number,
  arena: boolean,
  options: SessionOptions,
): Promise<Session> {
  const profileFolder = options.profile ? await mkdtemp(join(tmpdir(), 'bertsmith-profile-')) : undefined
  let session: InferenceSession
  try {
    session = await InferenceSession.create(options.inPlace ? withoutResults(model) : model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads, // the default counts the cores of the host, not those this process may use
      interOpNumThreads: 1,
      executionMode: 'sequential',
      enableCpuMemArena: arena,
      enableMemPattern: false, // it plans for one shape and reallocates at each other one
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      // Threads that wait for their session's next run would take the cores from what runs in between.
      extra: { session: { force_spinning_stop: '1' } },
      ...(profileFolder && { enableProfiling: true, profileFilePrefix: join(profileFolder, 'run') }),
    })
  } catch (error) {
    throw new RuntimeError('SESSION', `ONNX Runtime rejects the graph: ${message(error)}`, { cause: error })
  }
  return {
    async run(feeds, fetches) {
      const inputs: Record<string, OrtTensor> = {}
      for (const [name, tensor] of Object.entries(feeds)) inputs[name] = toOrt(tensor)
      const wanted: Record<string, OrtTensor | null> = {}
      for (const [name, tensor] of Object.entries(fetches)) wanted[name] = tensor && toOrt(tensor)
      if (options.inPlace) wanted[noResults] = null
      let results: Awaited<ReturnType<InferenceSession['run']>>
      try {
        results = await session.run(inputs, wanted)
      } catch (error) {
        if (options.inPlace && message(error).includes('Non tensor type')) return {} // all is computed, nothing was copied
        throw new RuntimeError('RUN', `ONNX Runtime failed: ${message(error)}`, { cause: error })
      }
      const fresh: Record<string, Tensor> = {}
      for (const [name, given] of Object.entries(fetches)) {
        if (given) continue // written in place; the result holds a copy that nobody needs
        const { type, data, dims } = results[name]
        fresh[name] = { dtype: type as Tensor['dtype'], data: data as TensorData, dims }
      }
      return fresh
    },
    async profile() {
      if (!profileFolder) return []
      session.endProfiling()
      const { readdir } = await import('node:fs/promises')
      const events: ProfileEvent[] = []
      for (const file of await readdir(profileFolder)) {
        events.push(...parseProfile(await readFile(join(profileFolder, file), 'utf8')))
      }
      await rm(profileFolder, { recursive: true, force: true })
      return events
    },
    release: () => session.release(),
  }
}

const noResults = 'no results'

/**
 * The same model with a first output of a type that the binding cannot turn into a JavaScript value. After a run, the
 * binding copies every output into fresh memory, those that were written in place too: 0.15 s for 200 MB, a tenth of a
 * training step of BERT-base on short texts. It goes through them in the order of the graph and ends at the first that it
 * cannot convert, when all are computed. A binding that could convert it would copy again and be right as well.
 *
 * Two protobuf messages one behind the other are one message, with repeated fields joined: so this needs no parsing.
 */
function withoutResults(model: Uint8Array): Uint8Array {
  const message = (write: (writer: BinaryWriter) => void) => {
    const writer = new BinaryWriter()
    write(writer)
    return writer.finish()
  }
  const float = message((type) => type.tag(1, WireType.LengthDelimited).bytes(Uint8Array.of(1 << 3, 1)))
  const sequence = message((type) => type.tag(1, WireType.LengthDelimited).bytes(float))
  const output = message((info) => {
    info.tag(1, WireType.LengthDelimited).string(noResults)
    info
      .tag(2, WireType.LengthDelimited)
      .bytes(message((type) => type.tag(4, WireType.LengthDelimited).bytes(sequence)))
  })
  const node = message((proto) => {
    proto.tag(2, WireType.LengthDelimited).string(noResults)
    proto.tag(4, WireType.LengthDelimited).string('SequenceEmpty')
  })
  const graph = message((proto) => {
    proto.tag(1, WireType.LengthDelimited).bytes(node)
    proto.tag(12, WireType.LengthDelimited).bytes(output)
  })
  const prefix = message((proto) => proto.tag(7, WireType.LengthDelimited).bytes(graph))
  const joined = new Uint8Array(prefix.length + model.length)
  joined.set(prefix)
  joined.set(model, prefix.length)
  return joined
}

function toOrt({ dtype, data, dims }: Tensor): OrtTensor {
  return new OrtTensor(dtype as 'float32', data as Float32Array, dims as number[])
}

/** ONNX Runtime's profile is a JSON list of trace events; the kernel times are the ones in category "Node". */
function parseProfile(text: string): ProfileEvent[] {
  const events = JSON.parse(text) as { cat?: string; name?: string; dur?: number; args?: { op_name?: string } }[]
  return events.flatMap(({ cat, name, dur, args }) =>
    cat === 'Node' && name?.endsWith('_kernel_time') && args?.op_name
      ? [{ op: args.op_name, node: name.slice(0, -'_kernel_time'.length), durationUs: dur ?? 0 }]
      : [],
  )
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
