#!/usr/bin/env node
import process from 'node:process'
import { runCli } from './run-cli.ts'

const interrupt = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Whoever asks twice means at once.
    if (interrupt.signal.aborted) process.exit(signal === 'SIGTERM' ? 143 : 130)
    interrupt.abort(Object.assign(new Error(`ended by ${signal}`), { signal }))
  })
}
// Node says of its SQLite that it is experimental; nobody who runs this can do anything about it.
process.removeAllListeners('warning')
process.on('warning', ({ name, message }) => {
  if (name !== 'ExperimentalWarning') process.stderr.write(`${name}: ${message}\n`)
})
// `| head` closes the pipe; there is nobody left to tell.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

const code = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  environment: process.env,
  signal: interrupt.signal,
})
// A connection that lingers must not keep the shell waiting.
process.exit(code)
