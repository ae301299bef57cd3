import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A side's process that ended before it answered. */
export class SideError extends Error {}

const keptErrorText = 8000

/** One side of a comparison: a process that answers JSON lines. */
export class Side {
  readonly name: string
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting: { resolve: (answer: never) => void; reject: (error: Error) => void }[] = []
  readonly #ended: Promise<void>
  /** Whether there was no such program. */
  notStarted = false
  #errorText = ''
  #failure?: SideError

  private constructor(name: string, command: string, args: readonly string[], signal: AbortSignal) {
    this.name = name
    this.#child = spawn(command, args, { stdio: 'pipe', signal, killSignal: 'SIGKILL' })
    const note = (text: string) => {
      this.#errorText = (this.#errorText + text).slice(-keptErrorText)
    }
    this.#child.stderr.setEncoding('utf8').on('data', note)
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      // Libraries print greetings on standard output too.
      if (line.startsWith('{')) this.#waiting.shift()?.resolve(JSON.parse(line) as never)
      else note(`${line}\n`)
    })
    this.#child.stdin.on('error', () => {}) // the process has ended: `close` says how
    this.#child.on('error', (error: NodeJS.ErrnoException) => {
      this.notStarted = error.code === 'ENOENT'
      this.#fail(`${name}: ${command}: ${error.message}`)
    })
    this.#ended = new Promise((resolve) => {
      this.#child.on('close', (code, exitSignal) => {
        const how = exitSignal ? `was ended by ${exitSignal}` : `ended with status ${code}`
        const text = this.#errorText.trim()
        this.#fail(`${name}'s process ${how}${text ? `; it printed:\n${text}` : ' and printed nothing'}`)
        resolve()
      })
    })
  }

  /** Starts a program. @param signal ends it */
  static start(name: string, command: string, args: readonly string[], signal: AbortSignal): Side {
    return new Side(name, command, args, signal)
  }

  /** Starts a TypeScript file of this folder. */
  static startScript(name: string, file: string, signal: AbortSignal): Side {
    return new Side(name, process.execPath, ['--import', 'tsx', inThisFolder(file)], signal)
  }

  /** Sends one line and waits for the answer. @throws SideError with what the process printed, if it ended instead */
  ask<Answer>(request: unknown): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      if (this.#failure) return reject(this.#failure)
      this.#waiting.push({ resolve: resolve as (answer: never) => void, reject })
      this.#child.stdin.write(`${JSON.stringify(request)}\n`)
    })
  }

  /** Lets the process finish. */
  async close(): Promise<void> {
    this.#child.stdin.end()
    await this.#ended
  }

  #fail(message: string): void {
    this.#failure ??= new SideError(message)
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}

/** The path of a file of this folder. */
export const inThisFolder = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
