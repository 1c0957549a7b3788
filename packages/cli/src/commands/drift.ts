import { createReadStream } from 'node:fs'
import { access } from 'node:fs/promises'
import { type Digest, parseDigest, formatCount } from '@sallyport/core'
import type { CheckDriftOptions, DriftCollector, DriftReport } from '@sallyport/runtime'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { paint } from '../output/format.ts'
import { digestSchema } from '../output/schemas.ts'
import { codeClient, codeSource, openClient, openImageSource } from '../parts/client.ts'
import { unreadable } from '../parts/read-file.ts'
import {
  codeListSigners,
  codeRequirements,
  readListSigners,
  readRequirements,
  readTrustedRoot,
} from '../parts/requirements.ts'
import { Code, literal, Program } from '../program/program.ts'
import type { Settings } from '../settings/settings.ts'

const severity = z.enum(['critical', 'high', 'medium', 'low', 'minor', 'info'])
const sha256 = z.string().optional().describe('SHA-256 of its content now, in hex.')

const schema = z.strictObject({
  image: z.string(),
  digest: digestSchema.describe('Of the image for the platform; what it was compared with.'),
  platform: z.string(),
  state: z
    .enum(['clean', 'drifted', 'unknown'])
    .describe('Verdict pass, fail or error. unknown: nothing differs, but not all could be read.'),
  checkedAt: z.string(),
  collector: z.string().describe('How files were looked at.'),
  seen: z.strictObject({ files: z.int(), processes: z.int(), endedProcesses: z.int() }),
  leastSeverity: severity.describe('Findings at least this bad are drift.'),
  files: z
    .array(
      z.strictObject({
        path: z.string(),
        class: z.string(),
        severity,
        message: z.string(),
        flags: z.array(z.string()),
        changes: z.array(z.strictObject({ property: z.string(), was: z.string(), is: z.string() })),
        sha256,
        sameAs: z.string().optional().describe('A path of the image with the same content.'),
        movedFrom: z.string().optional().describe('One that is gone.'),
        below: z.int().optional().describe('How many paths below it are meant too.'),
        mount: z.string().optional().describe('Mount point that it lies on.'),
        pids: z.array(z.int()).optional().describe('Processes that run it.'),
      }),
    )
    .describe('Files that differ, the worst first.'),
  processes: z
    .array(
      z.strictObject({
        pid: z.int(),
        problem: z.string(),
        severity,
        path: z.string(),
        sha256,
        message: z.string(),
        command: z.array(z.string()),
      }),
    )
    .describe('Processes that run what is not of the image.'),
  expected: z
    .array(z.strictObject({ reason: z.string(), count: z.int(), examples: z.array(z.string()) }))
    .describe('What differs as it should.'),
  unknown: z
    .array(
      z.strictObject({
        path: z.string().optional(),
        pid: z.int().optional(),
        reason: z.string().optional(),
        message: z.string(),
      }),
    )
    .describe('What could not be read.'),
  omitted: z
    .strictObject({ findings: z.int(), unknown: z.int() })
    .describe('How much more there is than the lists hold.'),
})

async function run(context: RunContext): Promise<CommandResult> {
  const { settings, signal, progress, leaves } = context
  const [name = ''] = context.arguments
  leaves('Nothing was changed, and nothing is known of the container.')
  const view = viewOf(settings)
  const [requirements, root, fileManifest] = await Promise.all([
    readRequirements(context),
    readTrustedRoot(context),
    readListSigners(context),
    checkReadable(view),
  ])
  const [{ readDocuments }, { checkDrift, explainDrift, readBaseline }] = await Promise.all([
    import('@sallyport/image'),
    import('@sallyport/runtime'),
  ])
  const { repository, tagOrDigest } = await openImageSource(context, await openClient(context), name)
  progress.start('baseline', `the list of files of ${name}`)
  const { descriptor } = await repository.getManifest(tagOrDigest, { signal })
  const { baseline, image, platform } = await readBaseline(repository, descriptor.digest, {
    fileManifest,
    requirements,
    root,
    platform: platformOf(settings),
    config: imageIdOf(settings),
    signal,
  })
  const { config } = await readDocuments(repository, await repository.getManifest(image, { signal }), {
    signal,
  })
  progress.finish('baseline', formatCount(baseline.size, 'file'))
  progress.start('container', 'comparing')
  const report = await checkDrift({
    name,
    baseline,
    image,
    pid: view.pid,
    collector: await collectorOf(view),
    environment: config.config?.Env ?? undefined,
    ...judging(settings),
    signal,
  })
  progress.finish('container', report.verdict)
  return {
    verdict: report.decision,
    text: colored(explainDrift(report), report, context),
    error: report.verdict === 'unknown' ? unjudged(report, name) : undefined,
    result: toResult(report, { name, image, platform }),
  }
}

function toResult(
  report: DriftReport,
  { name, image, platform }: { readonly name: string; readonly image: Digest; readonly platform: string },
) {
  const { verdict, checkedAt, collector, seen, failOn, files, processes, expected, unknown, omitted } = report
  return {
    image: name,
    digest: image,
    platform,
    state: verdict,
    checkedAt,
    collector,
    seen,
    leastSeverity: failOn,
    files,
    processes,
    expected,
    unknown: unknown.map((one) =>
      'pid' in one
        ? { pid: one.pid, message: one.message }
        : { path: one.path, reason: one.reason, message: one.message },
    ),
    omitted,
  }
}

function unjudged({ unknown, omitted }: DriftReport, name: string): CliError {
  const things = formatCount(unknown.length + omitted.unknown, 'thing')
  return new CliError(
    'UNJUDGED',
    `nothing of ${name} that was read differs, but ${things} could not be read`,
    {
      advice: 'Run it as root on the machine of the container.',
    },
  )
}

const colored = (text: string, { verdict }: DriftReport, { screen }: RunContext): string =>
  text.replace(/^\w+/, (word) => paint(screen.isColored, verdict === 'clean' ? 'green' : 'red', word))

/** How the container is looked at. */
interface View {
  readonly pid: number | undefined
  readonly place:
    | { readonly kind: 'upper'; readonly path: string; readonly isUserxattr: boolean }
    | { readonly kind: 'export' | 'root'; readonly path: string }
    | undefined
}

function viewOf(settings: Settings): View {
  const pid = settings.number('pid')
  if (pid !== undefined && !(Number.isSafeInteger(pid) && pid > 0))
    throw new CliError('OPTION_INVALID', '--pid: expected the number of a process')
  const [place, ...others] = (['upper', 'export', 'root'] as const).flatMap((kind) => {
    const path = settings.text(kind)
    return path === undefined ? [] : [{ kind, path, isUserxattr: settings.flag('userxattr') }]
  })
  if (others.length > 0)
    throw new CliError('OPTION_INVALID', '--upper, --export and --root exclude each other')
  if (pid === undefined && !place)
    throw new CliError('OPTION_MISSING', 'nothing says where the container is', {
      advice: 'Give --pid, --upper, --export or --root.',
    })
  return { pid, place }
}

/** What nobody can open is a wrong name, not a container without files. */
async function checkReadable({ place }: View): Promise<void> {
  if (!place) return
  await access(place.path).catch((cause: unknown) => {
    throw unreadable(place.path, cause)
  })
}

async function collectorOf({ pid, place }: View): Promise<DriftCollector | undefined> {
  const { overlayCollector, readMounts, rootCollector, tarCollector } = await import('@sallyport/runtime')
  switch (place?.kind) {
    case 'upper': {
      const mounts = pid === undefined ? [] : readMounts(`/proc/${pid}`)
      const isMounted = mounts.some(({ path, options }) => path === '/' && options.has('userxattr'))
      return overlayCollector(place.path, { userAttributes: place.isUserxattr || isMounted })
    }
    case 'export':
      return tarCollector(() => createReadStream(place.path))
    case 'root':
      return rootCollector(place.path)
    default:
      return undefined
  }
}

const judging = (settings: Settings): Pick<CheckDriftOptions, 'writable' | 'failOn'> => ({
  writable: settings.list('writable'),
  failOn: settings.required('least-severity') as CheckDriftOptions['failOn'],
})

function platformOf(settings: Settings): string | undefined {
  const [platform, ...others] = settings.list('platform')
  if (others.length === 0) return platform
  throw new CliError('OPTION_INVALID', '--platform: a container is of one platform')
}

function imageIdOf(settings: Settings): Digest | undefined {
  const text = settings.text('image-id')
  if (text === undefined) return undefined
  try {
    return parseDigest(text)
  } catch (cause) {
    throw new CliError('OPTION_INVALID', '--image-id: expected sha256: and 64 hex digits', { cause })
  }
}

function code({ arguments: [name = ''], settings }: Pick<RunContext, 'arguments' | 'settings'>): Program {
  const program = new Program()
  program.use('@sallyport/image', 'readDocuments')
  program.use('@sallyport/runtime', 'checkDrift', 'explainDrift', 'readBaseline')
  codeClient(program, settings)
  codeSource(program, name)
  const required = codeRequirements(program, settings)
  const id = imageIdOf(settings)
  if (id !== undefined) program.use('@sallyport/core', 'parseDigest')
  const options = {
    platform: platformOf(settings),
    config: id === undefined ? undefined : new Code(`parseDigest(${literal(id)})`),
  }
  const fields = Object.entries(options).flatMap(([key, value]) =>
    value === undefined ? [] : [`  ${key}: ${literal(value)},`],
  )
  const { pid, place } = viewOf(settings)
  program.line(
    'const { descriptor } = await source.repository.getManifest(source.tagOrDigest)',
    'const { baseline, image } = await readBaseline(source.repository, descriptor.digest, {',
    `  ...${required},`,
    `  fileManifest: ${codeListSigners(program, settings)},`,
    ...fields,
    '})',
    'const { config } = await readDocuments(source.repository, await source.repository.getManifest(image))',
    'const report = await checkDrift({',
    `  name: ${literal(name)},`,
    '  baseline,',
    '  image,',
    `  environment: config.config?.Env ?? undefined,`,
    ...(pid === undefined ? [] : [`  pid: ${pid},`]),
    ...(place ? [`  collector: ${codeCollector(program, place, pid)},`] : []),
    ...Object.entries(judging(settings)).map(([key, value]) => `  ${key}: ${literal(value)},`),
    '})',
  )
  return program.line(
    'console.log(explainDrift(report))',
    'process.exitCode = { pass: 0, fail: 1, error: 2 }[report.decision]',
  )
}

function codeCollector(program: Program, place: NonNullable<View['place']>, pid: number | undefined): string {
  switch (place.kind) {
    case 'upper': {
      program.use('@sallyport/runtime', 'overlayCollector')
      if (!place.isUserxattr && pid !== undefined) program.use('@sallyport/runtime', 'readMounts')
      const mounted = `readMounts('/proc/${pid}').some(({ path, options }) => path === '/' && options.has('userxattr'))`
      const attributes = place.isUserxattr || pid === undefined ? literal(place.isUserxattr) : mounted
      return `overlayCollector(${literal(place.path)}, { userAttributes: ${attributes} })`
    }
    case 'export':
      program.use('@sallyport/runtime', 'tarCollector').use('node:fs', 'createReadStream')
      return `tarCollector(() => createReadStream(${literal(place.path)}))`
    default:
      program.use('@sallyport/runtime', 'rootCollector')
      return `rootCollector(${literal(place.path)})`
  }
}

/** `sallyport drift`. */
export const drift: CommandModule = { run, code, schema }
