/** Where a long-running part reports to. An argument everywhere: there is no global logger. */
export interface Logger {
  info(message: string): void
  warn(message: string): void
}

/** Says nothing: the default of library calls. */
export const silentLogger: Logger = { info() {}, warn() {} }
