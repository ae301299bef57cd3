import { BertsmithError } from '../core/errors.ts'

/** Ends a command that was stopped by Ctrl-C after it had saved what it could: exit status 130. */
export class Interrupted extends BertsmithError {}
