#!/usr/bin/env node
// From an installed package this runs the compiled program; from a checkout, the TypeScript sources as they are.
import { existsSync } from 'node:fs'

const sources = new URL('../src/cli/main.ts', import.meta.url)
const compiled = new URL('../dist/cli/main.js', import.meta.url)
if (existsSync(sources)) {
  const { register } = await import('tsx/esm/api')
  register()
  await import(sources.href)
} else if (existsSync(compiled)) {
  await import(compiled.href)
} else {
  console.error(
    'bertsmith: this package holds no compiled program (dist/ is missing): it was packed without being built. ' +
      'Pack it with "npm run pack" in its checkout, and install that file.',
  )
  process.exitCode = 1
}
