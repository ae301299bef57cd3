/** A trial as a process of its own: `bertsmith finetune` with a file of settings. */
import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeFileAtomic } from '../../checkpoints/node.ts'
import { ConfigError, RuntimeError } from '../../core/errors.ts'
import { readTrial, TRIAL_FILE } from '../../training/node/search-folder.ts'
import type { TrialJob, TrialOutcome } from '../../training/node/search-options.ts'
import type { ProgressMessage } from '../command.ts'

/** As far from src/ as from dist/. */
const program = fileURLToPath(new URL('../../../bin/bertsmith.js', import.meta.url))

/** Of what a process writes on stderr, so much is kept for the message of one that died. */
const keptText = 2000

/**
 * Trains a trial for as long as its job says.
 * @param settings of `finetune`, those of the trial included, without `output`
 * @throws ConfigError if `finetune` refuses them; RuntimeError with the code of whatever else it ended by
 */
export async function runTrialProcess(
  { folder, pauseAfter, signal, onProgress }: TrialJob,
  settings: Readonly<Record<string, unknown>>,
  objective: string,
): Promise<TrialOutcome> {
  await mkdir(folder, { recursive: true })
  // For --config: who wants to repeat a trial finds its settings here.
  const file = join(folder, TRIAL_FILE)
  await writeFileAtomic(file, `${JSON.stringify({ ...settings, output: folder }, null, 2)}\n`)
  const pause = [
    ...(pauseAfter?.epochs === undefined ? [] : ['--pause-after-epochs', String(pauseAfter.epochs)]),
    ...(pauseAfter?.steps === undefined ? [] : ['--pause-after-steps', String(pauseAfter.steps)]),
  ]
  const ended = await runFinetune(['--config', file, ...pause], signal, onProgress)
  const { status, result } = ended
  if (status === 0 && result) return readTrial(folder, objective, result.paused === true)
  const { code, message } = result?.error ?? { code: 'DIED', message: deathText(ended) }
  // Refused before it began; what the watch over a training ends is no such thing.
  if (status === 2 && code !== 'DOCTOR') throw new ConfigError(code, message)
  throw new RuntimeError(code, message)
}

interface Ended {
  status: number | null
  killedBy: NodeJS.Signals | null
  /** What it printed with --json. */
  result?: { paused?: boolean; error?: { code: string; message: string } }
  stderr: string
}

/**
 * Runs `finetune`. A group of its own keeps the terminal's Ctrl-C from it: this process passes that on, once. Over the channel it
 * notices the end of this process, also by SIGKILL, and ends too.
 */
function runFinetune(
  args: readonly string[],
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, [program, 'finetune', '--json', '--resume', ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
    windowsHide: true,
  })
  const stop = () => child.kill('SIGINT')
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  let stdout = ''
  let stderr = ''
  child.stdout!.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr!.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-keptText)
  })
  child.on('message', ({ done, total }: ProgressMessage) => onProgress(done / total))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, killedBy) => {
      signal.removeEventListener('abort', stop)
      resolve({ status, killedBy, result: parsed(stdout), stderr })
    })
  })
}

function parsed(stdout: string): Ended['result'] {
  try {
    return JSON.parse(stdout)
  } catch {
    return undefined
  }
}

function deathText({ status, killedBy, stderr }: Ended): string {
  const last = stderr.trim().split('\n').at(-1) ?? ''
  if (killedBy === 'SIGKILL') return `its process was killed, which the system does when memory runs out. ${last}`
  return `its process ended by ${killedBy ?? `status ${status}`}. ${last}`
}
