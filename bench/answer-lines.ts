import { createInterface } from 'node:readline'

/** A side's loop: answers the first line of standard input with `open` and each further one with what that returned. */
export async function answerLines<Setup, Request>(
  open: (
    setup: Setup,
  ) => Promise<{ ready: unknown; answer: (request: Request) => Promise<unknown>; close?: () => unknown }>,
): Promise<void> {
  let side: Awaited<ReturnType<typeof open>> | undefined
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line)
    let reply: unknown
    if (side) {
      reply = await side.answer(message as Request)
    } else {
      side = await open(message as Setup)
      reply = side.ready
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`)
  }
  await side?.close?.()
}
