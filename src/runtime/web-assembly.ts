/** The part of WebAssembly's interface that is used here; its types come with the DOM's, which this code does without. */
interface WebAssemblyApi {
  Memory: new (descriptor: { initial: number }) => { readonly buffer: ArrayBuffer }
  instantiate(
    bytes: Uint8Array,
    imports: Record<string, Record<string, unknown>>,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>
}

const pageBytes = 1 << 16

/** A kernel's exported function: it returns nothing, a number, or an array of several. */
export type KernelRun = (...args: number[]) => number | readonly number[] | undefined

/** Instantiates a kernel on a fresh memory of at least `bytes` bytes. */
export async function instantiateKernel(
  wasm: Uint8Array,
  bytes: number,
): Promise<{ memory: ArrayBuffer; run: KernelRun }> {
  const { Memory, instantiate } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly
  const memory = new Memory({ initial: Math.ceil(bytes / pageBytes) })
  const { instance } = await instantiate(wasm, { host: { memory } })
  return { memory: memory.buffer, run: instance.exports.run as KernelRun }
}
