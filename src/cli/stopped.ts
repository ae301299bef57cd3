import { BertsmithError } from '../core/errors.ts'

/** Ends a command because of what it found in data, settings or training: exit status 2. */
export class Stopped extends BertsmithError {
  /** What `--json` prints beside the error. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(message: string, details: Readonly<Record<string, unknown>>) {
    super('DOCTOR', message)
    this.details = details
  }
}
