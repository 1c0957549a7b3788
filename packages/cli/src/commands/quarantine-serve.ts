import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import type { Journal } from '@sallyport/gate'
import type { ConsoleEvent, ListenOptions, ReviewApproval, ReviewerToken } from '@sallyport/gate/console'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { codeSecret } from '../parts/client.ts'
import { isLoopback, parsePlace } from '../parts/listen-place.ts'
import { codePolicy, readPolicy } from '../parts/policy.ts'
import { readFile } from '../parts/read-file.ts'
import { readSecret } from '../parts/read-secret.ts'
import { codeSigner, openSigner } from '../parts/signer.ts'
import { Code, literal, Program } from '../program/program.ts'
import type { Settings } from '../settings/settings.ts'
import { openStore } from './quarantine.ts'

const schema = z.strictObject({
  url: z.string().describe('Where it listens.'),
  signIn: z.string().optional().describe('Signs --approver in, once, within ten minutes; not with --check.'),
})

const defaultPlace = '127.0.0.1:0'

async function run(context: RunContext): Promise<CommandResult> {
  const { settings, signal, announce, leaves, note } = context
  const isCheck = settings.flag('check')
  const tokens = await readTokens(context)
  const approver = tokens.length > 0 ? settings.text('approver') : settings.required('approver')
  const quarantine = await openStore(context)
  const journal = await openJournal(context)
  const approval = await openApproval(context)
  const listening = await listenOptions(context)
  const { createReviewConsole, listenReviewConsole } = await import('@sallyport/gate/console')
  const publicUrl = settings.text('public-url')
  const prefix = sharesHost(publicUrl) ? secretPrefix() : ''
  const console = createReviewConsole({
    quarantine,
    journal,
    approval,
    signIn: { tokens },
    prefix,
    origins: publicUrl === undefined ? undefined : [publicUrl],
    onEvent: (event) => note(JSON.stringify({ time: new Date().toISOString(), ...toLine(event) })),
  })
  await using server = await listenReviewConsole(console, listening)
  const origin = publicUrl ?? server.origin
  const url = `${origin}${prefix}/`
  if (isCheck) return { verdict: 'pass', text: 'the console can be served', result: { url } }
  const page = `${origin}${console.signInPath}`
  const signIn = approver === undefined ? undefined : `${page}#code=${console.issueSignInCode(approver)}`
  announce(
    [
      `Review console at ${url}`,
      ...(signIn === undefined
        ? [`Sign in with a token at ${page}`]
        : [`Sign in as ${approver}, once, within 10 minutes: ${signIn}`]),
      ...(approval ? [] : ['Without --reviewer-key images can be rejected, but not approved.']),
      'Ctrl-C ends it.',
    ].join('\n'),
    { url, signIn },
  )
  leaves('What was in flight was answered.')
  if (!signal.aborted) await once(signal, 'abort')
  await server.close()
  throw signal.reason
}

/** Other programs of this machine that a browser visits get the cookies of `127.0.0.1`, but only those of their paths. */
const sharesHost = (publicUrl = 'http://127.0.0.1') => isLoopback(URL.parse(publicUrl)?.hostname ?? '')
const secretPrefix = () => `/${randomBytes(12).toString('base64url')}`

async function readTokens(context: RunContext): Promise<readonly ReviewerToken[]> {
  const text = await readSecret('token-file', context)
  return (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line, index) => {
      const [, reviewer, token] = /^([^=]+)=(\S+)$/.exec(line) ?? []
      if (reviewer !== undefined && token !== undefined) return { reviewer: reviewer.trim(), token }
      throw new CliError('FILE_INVALID', `--token-file: entry ${index + 1} is not of the form name=token`)
    })
}

async function openJournal({ settings, resources }: RunContext): Promise<Journal | undefined> {
  const path = settings.required('journal')
  try {
    await stat(path)
  } catch (cause) {
    if (settings.find('journal')?.origin.from === 'default') return undefined
    throw new CliError('FILE_UNREADABLE', `${path}: there is no journal`, { cause })
  }
  const { sqliteJournal } = await import('@sallyport/gate')
  return resources.use(sqliteJournal(path))
}

async function openApproval(context: RunContext): Promise<ReviewApproval | undefined> {
  if (context.settings.text('reviewer-key') === undefined) return undefined
  // Now, to find its faults; and each time, since it may change.
  await readPolicy(context)
  return {
    signer: await openSigner('reviewer-key', context),
    terms: async (tier) => (await readPolicy(context)).tiers.get(tier)?.waivers,
  }
}

async function listenOptions(context: RunContext): Promise<ListenOptions> {
  const { settings, signal } = context
  const certificate = settings.text('tls-cert')
  const key = await readSecret('tls-key', context)
  if ((certificate === undefined) !== (key === undefined))
    throw new CliError('OPTION_MISSING', '--tls-cert and --tls-key go together')
  const { host, port } = parsePlace(settings.text('listen') ?? defaultPlace)
  if (!isLoopback(host)) settings.required('public-url')
  return {
    host,
    port,
    unsafePlain: settings.flag('unsafe-plain-listen'),
    ...(certificate !== undefined &&
      key !== undefined && {
        tls: { certificate: (await readFile(certificate, { signal })).toString('utf8'), key },
      }),
  }
}

/** Of an error its code alone. */
function toLine(event: ConsoleEvent): object {
  if (event.type !== 'request-failed') return event
  const { error, ...rest } = event
  return { ...rest, code: (error as { readonly code?: unknown } | null)?.code ?? 'UNEXPECTED' }
}

function code({ settings }: Pick<RunContext, 'arguments' | 'settings'>): Program {
  const program = new Program()
  program.use('@sallyport/gate', 'sqliteJournal', 'sqliteQuarantine')
  program.use('@sallyport/gate/console', 'createReviewConsole', 'listenReviewConsole')
  const { host, port } = parsePlace(settings.text('listen') ?? defaultPlace)
  const certificate = settings.text('tls-cert')
  const publicUrl = settings.text('public-url')
  const place = {
    host,
    port,
    ...(settings.flag('unsafe-plain-listen') && { unsafePlain: true }),
    ...(certificate !== undefined && { tls: new Code(codeTls(program, certificate, settings)) }),
  }
  if (sharesHost(publicUrl)) program.use('node:crypto', 'randomUUID')
  program.line(
    `await using quarantine = sqliteQuarantine(${literal(settings.required('quarantine'))})`,
    `await using journal = sqliteJournal(${literal(settings.required('journal'))})`,
    'const review = createReviewConsole({',
    '  quarantine,',
    '  journal,',
    `  signIn: { tokens: ${codeTokens(program, settings)} },`,
    ...(settings.text('reviewer-key') === undefined
      ? []
      : [
          '  approval: {',
          `    signer: ${codeSigner(program, 'reviewer-key', settings)},`,
          `    terms: async (tier) => ${codePolicy(program, settings)}.tiers.get(tier)?.waivers,`,
          '  },',
        ]),
    ...(sharesHost(publicUrl) ? ['  prefix: `/${randomUUID()}`,'] : []),
    ...(publicUrl === undefined ? [] : [`  origins: [${literal(publicUrl)}],`]),
    '})',
    `await using server = await listenReviewConsole(review, ${literal(place)})`,
  )
  if (settings.flag('check')) return program.line("console.log('the console can be served', server.port)")
  const approver = settings.text('approver')
  const link = `\`\${${publicUrl === undefined ? 'server.origin' : literal(publicUrl)}}\${review.signInPath}${approver === undefined ? '' : `#code=\${review.issueSignInCode(${literal(approver)})}`}\``
  program.use('node:events', 'once').use('node:process', 'default as process')
  return program.line(
    `console.log('listening at', server.origin)`,
    `console.log('sign in at', ${link})`,
    `await once(process, 'SIGINT')`,
  )
}

function codeTls(program: Program, certificate: string, settings: Settings): string {
  program.use('node:fs/promises', 'readFile')
  return `{ certificate: await readFile(${literal(certificate)}, 'utf8'), key: ${codeSecret(program, settings.required('tls-key'))} }`
}

function codeTokens(program: Program, settings: Settings): string {
  const file = settings.text('token-file')
  if (file === undefined) return '[]'
  return [
    `(${codeSecret(program, file)})`,
    `.split('\\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))`,
    `.map((line) => /^([^=]+)=(\\S+)$/.exec(line) ?? []).map(([, name = '', token = '']) => ({ reviewer: name.trim(), token }))`,
  ].join('')
}

/** `sallyport quarantine serve`. */
export const quarantineServe: CommandModule = { run, code, schema }
