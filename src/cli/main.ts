/** The program `bertsmith`. */
import { runProgram } from './program.ts'

// A reader that has seen enough, such as `head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

/** By the signal itself: `process.exit` waits for the engine's thread, which aborts the process if it is computing. */
function die(signal: NodeJS.Signals): void {
  process.emit('exit', 130) // lets a progress bar give the cursor back
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}

const { stdout, stderr } = process
const on = process.on.bind(process)
const status = await runProgram(process.argv.slice(2), { stdout, stderr, on, die })
process.exitCode = status
// Whatever still runs must not keep a finished program alive; what was written must reach its reader first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(status)))
