/** The program `bertsmith`. */
import { runProgram } from './program.ts'

// A reader that has seen enough, such as `head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const status = await runProgram(process.argv.slice(2), process)
process.exitCode = status
// Whatever still runs must not keep a finished program alive; what was written must reach its reader first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(status)))
