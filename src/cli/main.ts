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

// A trial of a search ends with the search, whatever that ends by, so that no two processes write into its folder.
if (process.channel) process.once('disconnect', () => die('SIGKILL'))

const { stdout, stderr } = process
const send = process.channel && process.send!.bind(process)
const on = process.on.bind(process)
const status = await runProgram(process.argv.slice(2), { stdout, stderr, on, die, send })
process.exitCode = status
// Whatever still runs must not keep a finished program alive; what was written must reach its reader first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(status)))
