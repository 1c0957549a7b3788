#!/usr/bin/env node
import process from 'node:process'
import { parseArgs } from 'node:util'
import { isSallyportError } from '@sallyport/core'
import { runWebhook } from './run-webhook.ts'

const usage = `sallyport-admission --config FILE

Answers the API server's questions whether images may run. FILE is a configuration in YAML;
SALLYPORT_ADMISSION_CONFIG names it as well. Events go to stdout, a JSON object each line.
`

const { values } = parseArgs({
  options: { config: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
})
const configuration = values.config ?? process.env['SALLYPORT_ADMISSION_CONFIG']
if (values.help || configuration === undefined) {
  process[values.help ? 'stdout' : 'stderr'].write(usage)
  process.exitCode = values.help ? 0 : 2
} else {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort())
  const onEvent = (event: object): void => {
    process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`)
  }
  try {
    await runWebhook({ configuration, signal: stop.signal, onEvent })
  } catch (error) {
    // What is ours says what to do; anything else is a defect whose place matters.
    const text = isSallyportError(error)
      ? `${error.code}: ${error.message}`
      : String((error as Error).stack ?? error)
    process.stderr.write(`sallyport-admission: ${text}\n`)
    process.exitCode = 1
  }
}
