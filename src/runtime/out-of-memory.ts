/** How ONNX Runtime (bad_alloc, its arena), V8 and the system say that there is no memory left. */
const signs =
  /bad_alloc|Failed to allocate memory|out of memory|Array buffer allocation failed|Invalid (typed )?array (buffer )?length|ENOMEM/i

/** Whether an error of the engine says that memory ran out, so that less at a time may work. */
export const isOutOfMemory = (error: unknown): boolean => error instanceof Error && signs.test(error.message)
