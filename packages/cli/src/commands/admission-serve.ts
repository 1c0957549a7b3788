import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { literal, Program } from '../program/program.ts'

const schema = z.strictObject({ port: z.int().describe('Where it listened.') })

async function run(context: RunContext): Promise<CommandResult> {
  const { settings, signal, note, environment, leaves } = context
  const [configuration = ''] = context.arguments
  const { runWebhook } = await import('@sallyport/admission/webhook')
  const isCheck = settings.flag('check')
  const listened = new AbortController()
  let port = 0
  leaves('What was in flight was answered.')
  await runWebhook({
    configuration,
    env: environment,
    signal: isCheck ? AbortSignal.any([signal, listened.signal]) : signal,
    onEvent: (event) => {
      if (!isCheck) note(JSON.stringify({ time: new Date().toISOString(), ...event }))
    },
    onListening: (server) => {
      port = server.port
      listened.abort()
    },
  })
  signal.throwIfAborted()
  return { verdict: 'pass', text: `${configuration} can be served`, result: { port } }
}

function code({
  arguments: [configuration = ''],
  settings,
}: Pick<RunContext, 'arguments' | 'settings'>): Program {
  const program = new Program()
  program.use('@sallyport/admission/webhook', 'runWebhook')
  program.line('const stop = new AbortController()')
  if (!settings.flag('check'))
    program.line(`for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stop.abort())`)
  return program.line(
    'await runWebhook({',
    `  configuration: ${literal(configuration)},`,
    '  signal: stop.signal,',
    settings.flag('check')
      ? '  onListening: () => stop.abort(),'
      : '  onEvent: (event) => console.log(JSON.stringify(event)),',
    '})',
  )
}

/** `sallyport admission serve`. */
export const admissionServe: CommandModule = { run, code, schema }
