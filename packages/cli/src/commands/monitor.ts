import { formatCount } from '@sallyport/core'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { stat } from 'node:fs/promises'
import type { Alert, Monitor } from '@sallyport/monitor'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { paint } from '../output/format.ts'
import { printable } from '../output/progress.ts'
import { makeFolderOf } from '../output/write-output.ts'
import { codeClient, codeSecret, openClient } from '../parts/client.ts'
import { codeReader } from '../parts/code-reader.ts'
import { parsePlace } from '../parts/listen-place.ts'
import { readSecret } from '../parts/read-secret.ts'
import { readWatch } from '../parts/watch.ts'
import { literal, Program } from '../program/program.ts'

const schema = z.strictObject({
  alerts: z.array(
    z.strictObject({
      id: z.string(),
      kind: z.string(),
      severity: z.enum(['critical', 'high', 'medium', 'low']),
      at: z.string(),
      title: z.string(),
      registry: z.string(),
      repository: z.string(),
      tag: z.string().optional(),
      digest: z.string().optional(),
      action: z.string().describe('What to do.'),
    }),
  ),
  failures: z
    .array(z.strictObject({ place: z.string(), message: z.string() }))
    .describe('Repositories that could not be looked at.'),
  looked: z.int().describe('Repositories that were looked at.'),
})

async function run(context: RunContext): Promise<CommandResult> {
  const { settings, signal, leaves } = context
  leaves('What was seen is kept; the next run judges what happened meanwhile.')
  const monitor = await openMonitor(context)
  if (settings.flag('once')) return lookOnce(monitor, context)
  await using server = await listen(monitor, context)
  if (server.address) context.note(`listening on ${server.address}`)
  await monitor.run({ signal })
  throw signal.reason
}

async function openMonitor(context: RunContext): Promise<Monitor> {
  const { settings, resources, screen, note } = context
  const { watch, gateActors } = await readWatch(context)
  const client = await openClient(context)
  const [{ sqliteJournal }, { createMonitor, sqliteMonitorState }] = await Promise.all([
    import('@sallyport/gate'),
    import('@sallyport/monitor'),
  ])
  const journal = settings.required('journal')
  await stat(journal).catch((cause: unknown) => {
    // An empty one would make every push look unauthorised.
    throw new CliError('FILE_UNREADABLE', `${journal}: there is no journal`, {
      cause,
      advice: 'Name that of the gate with --journal: it tells which pushes are its own.',
    })
  })
  await makeFolderOf(settings.required('monitor-state'))
  const alerts = settings.text('alerts')
  const sinks =
    alerts === undefined ? [] : [(await import('@sallyport/monitor/sinks')).fileSink({ path: alerts })]
  return createMonitor({
    watch,
    gateActors,
    journal: resources.use(sqliteJournal(journal)),
    state: resources.use(sqliteMonitorState(settings.required('monitor-state'))),
    open: (registry, repository) => client.repository({ registry, repository }),
    sinks,
    pollEveryMs: settings.number('poll-every'),
    ...(settings.flag('once') && { firstLook: 'judge' as const, evidenceWaitMs: 0 }),
    onAlert: (alert) => {
      if (!settings.flag('once')) note(describeAlert(alert, screen.isColored))
    },
  })
}

const describeAlert = ({ severity, kind, title, action }: Alert, isColored: boolean): string =>
  `${paint(isColored, severity === 'low' || severity === 'medium' ? 'yellow' : 'red', severity)}  ${kind}: ${printable(title)}; ${printable(action)}`

/** Judges what is there, and says what is open afterwards. */
async function lookOnce(monitor: Monitor, { signal, progress, screen }: RunContext): Promise<CommandResult> {
  progress.start('look', 'comparing repositories')
  const summary = await monitor.reconcile({ signal })
  for (let step = await monitor.step({ signal }); step.judged > 0; step = await monitor.step({ signal }));
  progress.finish('look', formatCount(summary.places, 'place'))
  const alerts = (await monitor.alerts({ open: true })).toReversed()
  const failures = summary.failures.map(({ place, message }) => ({ place, message }))
  return {
    verdict: failures.length > 0 || summary.places === 0 ? 'error' : alerts.length > 0 ? 'fail' : 'pass',
    error:
      failures.length > 0 || summary.places === 0
        ? new CliError(
            'UNJUDGED',
            failures.length > 0
              ? `${formatCount(failures.length, 'place')} could not be looked at`
              : 'nothing was looked at',
            {
              advice: 'Name repositories without * in the file of --watch, and check the account.',
            },
          )
        : undefined,
    text: [
      ...alerts.map((alert) => describeAlert(alert, screen.isColored)),
      ...failures.map(({ place, message }) => `${place}: ${message}`),
      `${formatCount(alerts.length, 'open alert')}, ${formatCount(summary.places, 'place')}`,
    ].join('\n'),
    result: {
      alerts: alerts.map(({ id, kind, severity, at, title, registry, repository, tag, digest, action }) => ({
        id,
        kind,
        severity,
        at,
        title,
        registry,
        repository,
        tag,
        digest,
        action,
      })),
      failures,
      looked: summary.places,
    },
  }
}

interface Listening extends AsyncDisposable {
  readonly address: string | undefined
}

/** Takes notifications, where that was asked for. */
async function listen(monitor: Monitor, context: RunContext): Promise<Listening> {
  const { settings, note } = context
  const place = settings.text('listen')
  if (place === undefined) return { address: undefined, async [Symbol.asyncDispose]() {} }
  const { host, port } = parsePlace(place)
  const registry = context.arguments[0]
  if (registry === undefined)
    throw new CliError('USAGE_INVALID', '--listen: which registry sends them?', {
      advice: 'Name the registry after the command.',
    })
  const token = await readSecret('webhook-token', context)
  if (token === undefined) settings.required('webhook-token')
  const { bearerToken, createReceiver, distributionNotifications } =
    await import('@sallyport/monitor/sources')
  const { node } = createReceiver({
    formats: { '/hooks/registry': distributionNotifications({ registry, sender: bearerToken(token!) }) },
    onEvents: (events) => monitor.ingest(events),
    onRefused: ({ source, error }) => note(`${source}: ${error?.message ?? 'some entries were refused'}`),
  })
  const server = createServer(node).listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  return {
    address: typeof address === 'object' && address ? `${address.address}:${address.port}` : place,
    async [Symbol.asyncDispose]() {
      server.close().closeAllConnections()
    },
  }
}

function code({ arguments: [registry], settings }: Pick<RunContext, 'arguments' | 'settings'>): Program {
  const program = new Program()
  program.use('@sallyport/gate', 'sqliteJournal')
  program.use('@sallyport/monitor', 'createMonitor', 'sqliteMonitorState', 'type MonitorOptions')
  codeClient(program, settings)
  codeReader(program, settings.required('watch'))
  const state = settings.required('monitor-state')
  const alerts = settings.text('alerts')
  const root = settings.text('trusted-root')
  if (alerts !== undefined) program.use('@sallyport/monitor/sinks', 'fileSink')
  if (root !== undefined) program.use('@sallyport/attest', 'parseTrustedRoot')
  program.use('node:fs/promises', 'mkdir', 'readFile').use('node:path', 'dirname')
  const isOnce = settings.flag('once')
  const watch = `((await read(written['watch'])) as MonitorOptions['watch'])`
  program.line(
    ...(root === undefined ? [] : [`const root = parseTrustedRoot(await readFile(${literal(root)}))`]),
    `await mkdir(dirname(${literal(state)}), { recursive: true })`,
    `await using journal = sqliteJournal(${literal(settings.required('journal'))})`,
    `await using state = sqliteMonitorState(${literal(state)})`,
    'const monitor = createMonitor({',
    `  watch: ${root === undefined ? watch : `${watch}.map((terms) => ({ ...terms, root }))`},`,
    `  gateActors: (written['gateActors'] ?? {}) as MonitorOptions['gateActors'],`,
    '  journal,',
    '  state,',
    '  open: (registry, repository) => client.repository({ registry, repository }),',
    ...(alerts === undefined ? [] : [`  sinks: [fileSink({ path: ${literal(alerts)} })],`]),
    `  pollEveryMs: ${literal(settings.number('poll-every'))},`,
    ...(isOnce
      ? [`  firstLook: 'judge',`, '  evidenceWaitMs: 0,']
      : ['  onAlert: ({ severity, title }) => console.log(severity, title),']),
    '})',
  )
  if (isOnce)
    return program.line(
      'const { failures } = await monitor.reconcile()',
      'while ((await monitor.step()).judged > 0);',
      'const open = await monitor.alerts({ open: true })',
      'for (const { severity, title } of open) console.log(severity, title)',
      'process.exitCode = failures.length > 0 ? 2 : open.length > 0 ? 1 : 0',
    )
  const place = settings.text('listen')
  if (place !== undefined && registry !== undefined) {
    const { host, port } = parsePlace(place)
    program.use('node:http', 'createServer')
    program.use('@sallyport/monitor/sources', 'bearerToken', 'createReceiver', 'distributionNotifications')
    program.line(
      `const sender = bearerToken(${codeSecret(program, settings.required('webhook-token'))})`,
      'const { node } = createReceiver({',
      `  formats: { '/hooks/registry': distributionNotifications({ registry: ${literal(registry)}, sender }) },`,
      '  onEvents: (events) => monitor.ingest(events),',
      '})',
      `const server = createServer(node).listen(${port}, ${literal(host)})`,
    )
  }
  program.line(
    'const interrupt = new AbortController()',
    `process.once('SIGINT', () => interrupt.abort())`,
    'await monitor.run({ signal: interrupt.signal })',
  )
  return place === undefined ? program : program.line('server.close().closeAllConnections()')
}

/** `sallyport monitor`. */
export const monitor: CommandModule = { run, code, schema }
