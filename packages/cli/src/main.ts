#!/usr/bin/env node
import process from 'node:process'
import { codeOfSignal, Crash, endingSignals } from './ending.ts'
import { runCli } from './run-cli.ts'

// However it ends, without an answer that is an error: Node's own codes for it could be taken for an answer.
process.exitCode = 2
const interrupt = new AbortController()
for (const signal of endingSignals) {
  process.on(signal, () => {
    // Whoever asks twice means at once.
    if (interrupt.signal.aborted) process.exit(codeOfSignal(signal))
    interrupt.abort(Object.assign(new Error(`ended by ${signal}`), { signal }))
  })
}
process.on('uncaughtException', (error) => {
  // What it began is taken back as after Ctrl-C; where even that fails there is nothing to wait for.
  if (interrupt.signal.aborted) process.exit(2)
  interrupt.abort(new Crash(error))
  setTimeout(() => process.exit(2), 5000).unref()
})
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
