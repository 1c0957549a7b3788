import { formatBytes, formatCount } from '@sallyport/core'
import type { HardenProgress, HardenReport } from '@sallyport/harden'
import type { Image } from '@sallyport/image'
import type { RegistryClient } from '@sallyport/oci'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { formatRows } from '../output/format.ts'
import { digestSchema } from '../output/schemas.ts'
import { writeOutput } from '../output/write-output.ts'
import { openClient, openImageSource, openImageTarget } from '../parts/client.ts'
import { codeOnlyImage, onlyImage, openWithInventory, resolveImages } from '../parts/images.ts'
import { readFile } from '../parts/read-file.ts'
import { Code, literal, Program } from '../program/program.ts'
import type { Settings } from '../settings/settings.ts'
import { copyProgress } from './copy.ts'
import { commandsOf } from './promote.ts'

const schema = z.strictObject({
  from: z.string(),
  to: z.string().optional(),
  before: digestSchema,
  after: digestSchema.optional().describe('Absent when nothing was removed.'),
  mode: z.enum(['closed', 'relaxed']),
  removed: z.array(z.strictObject({ purl: z.string(), bytes: z.int(), files: z.int() })),
  kept: z.int().describe('Packages that stay.'),
  bytes: z.strictObject({ before: z.int(), after: z.int() }).optional(),
  unchangedBecause: z.string().optional(),
  plan: z.string().optional().describe('With --plan -o: the file that was written.'),
})

async function run(context: RunContext): Promise<CommandResult> {
  const { settings, leaves } = context
  const [from = '', to] = context.arguments
  const isPlan = settings.flag('plan')
  if (isPlan === (to !== undefined))
    throw new CliError(
      'USAGE_INVALID',
      isPlan ? 'a plan goes nowhere' : 'where does the hardened image go?',
      {
        advice: isPlan
          ? 'Leave out the destination, or --plan.'
          : 'Name a destination, or give --plan to see what would be done.',
      },
    )
  leaves(to === undefined ? 'Nothing was written.' : `The tag of ${to} was not moved.`)
  const client = await openClient(context)
  const source = await openImageSource(context, client, from)
  const resolved = await resolveImages(context, source)
  const { raw, platform } = onlyImage(resolved, from)
  const opened = await openWithInventory(context, source, raw, platform)
  return isPlan ? plan(context, from, opened) : harden(context, client, { from, to: to ?? '' }, opened)
}

type Opened = Awaited<ReturnType<typeof openWithInventory>>

async function plan(context: RunContext, from: string, { image, inventory }: Opened): Promise<CommandResult> {
  const { settings, signal } = context
  const { proposePlan } = await import('@sallyport/harden')
  const { toPlanDocument } = await import('@sallyport/harden/report')
  const proposed = await proposePlan(image, inventory, { ...planOptions(settings), signal })
  const before = image.raw.descriptor.digest
  const sizeOf = (path: string) => image.tree.get(path)?.size ?? 0
  const document = toPlanDocument(proposed.plan, before, { sizeOf, keep: settings.list('keep') })
  const output = settings.text('output')
  if (output) await writeOutput(output, `${JSON.stringify(document, undefined, 2)}\n`, { signal })
  const rows = document.remove.map(({ purl, bytes = 0 }) => [`  ${purl}`, formatBytes(bytes)])
  return {
    verdict: 'pass',
    text: [
      `${from}: ${formatCount(document.remove.length, 'package')} would leave, ${document.kept.length} stay`,
      ...(rows.length > 0 ? [formatRows(rows)] : []),
      ...(proposed.unchangedBecause ? [`nothing would leave: ${proposed.unchangedBecause}`] : []),
    ].join('\n'),
    result: {
      from,
      before,
      mode: document.mode,
      removed: proposed.plan.removed.map(({ purl, files }) => ({
        purl,
        bytes: files.reduce((sum, path) => sum + sizeOf(path), 0),
        files: files.length,
      })),
      kept: document.kept.length,
      unchangedBecause: proposed.unchangedBecause,
      plan: output,
    },
  }
}

async function harden(
  context: RunContext,
  client: RegistryClient,
  { from, to }: { readonly from: string; readonly to: string },
  { image, inventory }: Opened,
): Promise<CommandResult> {
  const { settings, signal, resources } = context
  const [{ hardenImage }, { copy, openLayout }] = await Promise.all([
    import('@sallyport/harden'),
    import('@sallyport/oci'),
  ])
  const approved = settings.text('approved-plan')
  const { report, image: hardened } = await hardenImage(image, inventory, {
    ...planOptions(settings),
    ...(approved !== undefined && { plan: await readPlan(approved, signal) }),
    strip: settings.flag('strip'),
    signal,
    onProgress: (event) => tellProgress(event, context),
  })
  if (hardened) resources.use(hardened)
  const result = hardened ?? image
  const target = await openImageTarget(context, client, to)
  // Evidence is about the image before, so that none goes along.
  const layout = await openLayout(result.layoutDirectory)
  const { digest } = result.raw.descriptor
  const onProgress = copyProgress(context, to)
  await copy(layout, target.repository, {
    from: digest,
    tag: target.tag,
    evidence: false,
    signal,
    onProgress,
  })
  await target.commit({ signal })
  return tell({ from, to: target.name, before: image, after: hardened, report })
}

function planOptions(settings: Settings) {
  return {
    mode: settings.text('harden-mode') as 'closed' | 'relaxed',
    commands: commandsOf(settings),
    keep: settings.list('keep'),
    drop: settings.list('drop'),
    maxRemoval: settings.number('max-removal'),
  }
}

async function readPlan(file: string, signal: AbortSignal) {
  const { parsePlanDocument } = await import('@sallyport/harden/report')
  return parsePlanDocument((await readFile(file, { signal })).toString('utf8'))
}

function tellProgress(event: HardenProgress, { progress }: RunContext): void {
  switch (event.type) {
    case 'analysed':
      return progress.finish('analysed', `${event.used} of ${formatCount(event.packages, 'package')} used`)
    case 'planned':
      return progress.finish(
        'planned',
        `${formatCount(event.removed, 'package')} to leave, ${event.kept} to stay`,
      )
    case 'writing':
      return progress.start('writing', 'writing layers')
    case 'checked':
      return progress.finish('writing', `${formatCount(event.invariants, 'law')} checked`)
    case 'smoke-tested':
      return progress.finish('smoke', event.same ? 'it answers as before' : 'it answers otherwise')
  }
}

function tell(one: {
  readonly from: string
  readonly to: string
  readonly before: Image
  readonly after: Image | undefined
  readonly report: HardenReport
}): CommandResult {
  const { from, to, before, after, report } = one
  const { removed, kept, bytes, unchangedBecause, limitedBecause = [] } = report
  return {
    verdict: 'pass',
    text: [
      `${to} is ${(after ?? before).raw.descriptor.digest}`,
      unchangedBecause
        ? `unchanged: ${unchangedBecause}`
        : `${formatCount(removed.length, 'package')} left, ${kept.length} stay${bytes ? `; ${formatBytes(bytes.before)} became ${formatBytes(bytes.after)}` : ''}`,
      ...removed.map(({ purl }) => `  ${purl}`),
      ...limitedBecause.map((reason) => `less than asked for: ${reason}`),
    ].join('\n'),
    result: {
      from,
      to,
      before: before.raw.descriptor.digest,
      after: after?.raw.descriptor.digest,
      mode: report.mode,
      removed: removed.map(({ purl, bytes: size, files }) => ({ purl, bytes: size, files })),
      kept: kept.length,
      bytes,
      unchangedBecause,
    },
  }
}

function code({
  arguments: [from = '', to = ''],
  settings,
}: Pick<RunContext, 'arguments' | 'settings'>): Program {
  const program = new Program()
  codeOnlyImage(program, from, settings)
  if (settings.flag('plan')) {
    program.use('@sallyport/harden', 'proposePlan').use('@sallyport/harden/report', 'toPlanDocument')
    program.line(
      `const { plan } = await proposePlan(image, inventory, ${literal(planOptions(settings))})`,
      `const document = toPlanDocument(plan, image.raw.descriptor.digest, ${literal({ keep: settings.list('keep') })})`,
    )
    const output = settings.text('output')
    if (output === undefined) return program.line('console.log(JSON.stringify(document, undefined, 2))')
    program.use('node:fs/promises', 'writeFile')
    return program.line(`await writeFile(${literal(output)}, JSON.stringify(document, undefined, 2))`)
  }
  program.use('@sallyport/harden', 'hardenImage').use('@sallyport/oci', 'copy', 'openLayout', 'openTarget')
  const approved = settings.text('approved-plan')
  if (approved !== undefined)
    program.use('@sallyport/harden/report', 'parsePlanDocument').use('node:fs/promises', 'readFile')
  const options = {
    ...planOptions(settings),
    plan:
      approved === undefined
        ? undefined
        : new Code(`parsePlanDocument(await readFile(${literal(approved)}, 'utf8'))`),
    strip: settings.flag('strip'),
  }
  return program.line(
    `const { image: hardened, report } = await hardenImage(image, inventory, ${literal(options)})`,
    'const result = hardened ?? image',
    `await using target = await openTarget(parseLocator(${literal(to)}), { repository })`,
    'const { digest } = result.raw.descriptor',
    'await copy(await openLayout(result.layoutDirectory), target.repository, { from: digest, tag: target.tag, evidence: false })',
    'await target.commit()',
    'await hardened?.[Symbol.asyncDispose]()',
    'console.log(target.name, digest, report.removed.map(({ purl }) => purl))',
  )
}

/** `sallyport harden`. */
export const hardenCommand: CommandModule = { run, code, schema }
