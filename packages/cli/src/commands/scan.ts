import { formatPlatform, formatCount } from '@sallyport/core'
import type { ResolvedSource } from '@sallyport/gate'
import type { Decision } from '@sallyport/policy'
import type { Inventory } from '@sallyport/inventory'
import type { MergedScan, Scanner } from '@sallyport/scan'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { formatRows, paint } from '../output/format.ts'
import { decisionSchema, digestSchema, findingSchema, verdictSchema } from '../output/schemas.ts'
import { openClient, openImageSource } from '../parts/client.ts'
import { briefFinding, codeImages, openWithInventory, resolveImages } from '../parts/images.ts'
import { codePolicy, codeTier, codeWaivers, chooseTier, readPolicy, readWaivers } from '../parts/policy.ts'
import { codeScanners, openScanners } from '../parts/scanners.ts'
import { literal, Program } from '../program/program.ts'
import type { Settings } from '../settings/settings.ts'

const schema = z.strictObject({
  image: z.string(),
  digest: digestSchema.describe('What the name led to.'),
  platforms: z.array(
    z.strictObject({
      platform: z.string(),
      digest: digestSchema,
      verdict: verdictSchema,
      packages: z.int(),
      scanners: z.array(
        z.strictObject({
          name: z.string(),
          version: z.string(),
          status: z.enum(['complete', 'partial', 'unsupported', 'failed']),
          failure: z.strictObject({ code: z.string(), message: z.string() }).optional(),
          data: z.array(z.strictObject({ name: z.string(), updatedAt: z.string().optional() })),
          gaps: z.array(z.strictObject({ code: z.string(), message: z.string() })),
        }),
      ),
      findings: z.array(findingSchema),
      decision: decisionSchema.optional().describe('With a policy.'),
    }),
  ),
})

/** Worst first. */
const severities = ['critical', 'high', 'medium', 'low', 'negligible'] as const

interface Judged {
  readonly platform: string
  readonly inventory: Inventory
  readonly scan: MergedScan
  readonly decision: Decision | undefined
  readonly verdict: CommandResult['verdict']
}

async function run(context: RunContext): Promise<CommandResult> {
  const { settings, progress, signal } = context
  const [image = ''] = context.arguments
  const judge = await openJudge(context)
  const scanners = await openScanners(context)
  const client = await openClient(context)
  const source = await openImageSource(context, client, image)
  const resolved = await resolveImages(context, source)
  const judged: Judged[] = []
  for (const one of resolved.images) {
    const { image: opened, inventory } = await openWithInventory(context, source, one.raw, one.platform)
    const target = {
      subject: inventory.subject,
      platform: inventory.platform,
      inventory,
      layoutDirectory: opened.layoutDirectory,
    }
    const { runScanners } = await import('@sallyport/scan')
    const scan = await runScanners(tellingScanners(scanners, context), target, {
      timeoutMs: settings.number('scanner-timeout'),
      signal,
    })
    judged.push({
      platform: formatPlatform(one.platform),
      inventory,
      scan,
      ...judge(inventory, scan, resolved),
    })
    await opened[Symbol.asyncDispose]()
  }
  progress.clear()
  return {
    verdict: worstOf(judged.map(({ verdict }) => verdict)),
    text: await formatScan(judged, context),
    error: await whyError(judged),
    result: {
      image,
      digest: resolved.root.descriptor.digest,
      platforms: judged.map(({ platform, inventory, scan, decision, verdict }) => ({
        platform,
        digest: inventory.subject,
        verdict,
        packages: inventory.packages.length,
        scanners: scan.reports.map(({ scanner, status, failure, data, gaps }) => ({
          ...scanner,
          status,
          failure: failure && { code: failure.code, message: failure.message },
          data: data.map(({ name, updatedAt }) => ({ name, updatedAt })),
          gaps: gaps.map(({ code, message }) => ({ code, message })),
        })),
        findings: scan.findings.map(briefFinding),
        decision,
      })),
    },
  }
}

type Judge = (
  inventory: Inventory,
  scan: MergedScan,
  resolved: ResolvedSource,
) => Pick<Judged, 'decision' | 'verdict'>

/** By the policy; without one by `--fail-on`, and only when all could be judged. */
async function openJudge(context: RunContext): Promise<Judge> {
  const { settings } = context
  const [image = ''] = context.arguments
  if (settings.text('policy') === undefined)
    return (_, scan) => ({ decision: undefined, verdict: judgeAlone(scan, settings) })
  const [policy, waivers, { decide }] = await Promise.all([
    readPolicy(context),
    readWaivers(context),
    import('@sallyport/policy'),
  ])
  const tier = chooseTier(settings, policy)
  const now = new Date()
  return (inventory, scan, resolved) => {
    const platforms = {
      present: resolved.platforms.map(formatPlatform),
      chosen: settings.list('platform').length > 0 ? settings.list('platform') : undefined,
      judged: resolved.images.map(({ platform }) => formatPlatform(platform)),
    }
    const facts = {
      subject: inventory.subject,
      destination: image,
      platforms,
      inventory,
      scan,
      failures: [],
      usage: [],
      removed: [],
    }
    const decision = decide(facts, policy, { tier, now, waivers })
    return { decision, verdict: decision.verdict }
  }
}

function judgeAlone({ reports, findings }: MergedScan, settings: Settings): CommandResult['verdict'] {
  const accepted = settings.flag('unsafe-accept-partial') ? ['complete', 'partial'] : ['complete']
  if (reports.length === 0 || !reports.every(({ status }) => accepted.includes(status))) return 'error'
  const limit = settings.text('fail-on')
  if (limit === undefined) return 'pass'
  const at = severities.indexOf(limit as (typeof severities)[number])
  const counts = findings.filter(
    ({ severity, suppressed }) =>
      suppressed === undefined &&
      (limit === 'any' ||
        // Nobody knows how bad it is: it may be as bad as the limit.
        severity === 'unknown' ||
        severities.slice(0, at + 1).includes(severity as (typeof severities)[number])),
  )
  return counts.length > 0 ? 'fail' : 'pass'
}

const worstOf = (verdicts: readonly CommandResult['verdict'][]): CommandResult['verdict'] =>
  (['error', 'fail'] as const).find((verdict) => verdicts.includes(verdict)) ??
  (verdicts.length > 0 ? 'pass' : 'error')

async function whyError(judged: readonly Judged[]): Promise<CliError | undefined> {
  const one = judged.find(({ verdict }) => verdict === 'error')
  if (!one) return undefined
  const report = one.scan.reports.find(({ status }) => status !== 'complete')
  const gap = report?.gaps[0]
  const why = report?.failure ?? gap
  const message = why
    ? `${report?.scanner.name} on ${one.platform}: ${why.code}: ${why.message}`
    : `${one.platform}: the policy could not judge it`
  return new CliError('UNJUDGED', `not everything could be judged: ${message}`, {
    advice:
      'No answer is not a good answer: repair the scanner or its data, or have the policy accept the gap.',
  })
}

/** Shows each scanner at work. */
const tellingScanners = (scanners: readonly Scanner[], { progress }: RunContext): readonly Scanner[] =>
  scanners.map((scanner) => ({
    name: scanner.name,
    async scan(target, options) {
      const id = `scan ${scanner.name} ${formatPlatform(target.platform)}`
      progress.start(id, `${scanner.name} on ${formatPlatform(target.platform)}`)
      const report = await scanner.scan(target, options)
      progress.finish(id, formatCount(report.findings.length, 'finding'))
      return report
    },
  }))

async function formatScan(judged: readonly Judged[], { screen: { isColored } }: RunContext): Promise<string> {
  const parts: string[] = []
  for (const { platform, inventory, scan, decision, verdict } of judged) {
    parts.push(`${paint(isColored, 'bold', platform)}  ${inventory.subject}`)
    parts.push(
      `${formatCount(inventory.packages.length, 'package')}, ${formatCount(scan.findings.length, 'finding')}`,
    )
    for (const { scanner, status, failure, gaps } of scan.reports) {
      parts.push(
        `${scanner.name} ${scanner.version}: ${paint(isColored, status === 'complete' ? 'green' : 'red', status)}`,
      )
      if (failure) parts.push(`  ${failure.code}: ${failure.message}`)
      for (const { code, message } of gaps) parts.push(`  not judged: ${code}: ${message}`)
    }
    const rank = (severity: string) => {
      const at = severities.indexOf(severity as (typeof severities)[number])
      return at < 0 ? severities.length : at
    }
    const rows = scan.findings
      .toSorted((one, other) => rank(one.severity) - rank(other.severity) || (one.id < other.id ? -1 : 1))
      .map(briefFinding)
      .map(({ severity, id, purl, fix, fixedIn }) => [
        severity,
        id,
        purl,
        fixedIn ? `${fix}: ${fixedIn}` : fix,
      ])
    if (rows.length > 0) parts.push('', formatRows(rows))
    if (decision) {
      const { explain } = await import('@sallyport/policy')
      parts.push('', explain(decision, { color: isColored }))
    } else parts.push('', `verdict: ${paint(isColored, verdict === 'pass' ? 'green' : 'red', verdict)}`)
    parts.push('')
  }
  return parts.join('\n').trimEnd()
}

async function code({
  arguments: [image = ''],
  settings,
}: Pick<RunContext, 'arguments' | 'settings'>): Promise<Program> {
  const program = new Program()
  const platforms = settings.list('platform')
  program.use('@sallyport/image', 'openImage')
  program.use('@sallyport/inventory', 'createInventory').use('@sallyport/scan', 'runScanners')
  codeImages(program, image, settings)
  program.line(`const scanners = ${await codeScanners(program, settings)}`)
  const isJudged = settings.text('policy') !== undefined
  if (isJudged) {
    program.use('@sallyport/core', 'formatPlatform').use('@sallyport/policy', 'decide', 'explain')
    program.line(`const policy = ${codePolicy(program, settings)}`)
    program.line(`const waivers = ${codeWaivers(program, settings)}`)
  }
  program.line(
    `const { images${isJudged ? ', platforms' : ''} } = resolved`,
    `const verdicts: string[] = []`,
    'for (const { raw } of images) {',
    '  await using image = await openImage(source.repository, raw)',
    '  const inventory = await createInventory(image)',
    '  const { subject, platform } = inventory',
    '  const target = { subject, platform, inventory, layoutDirectory: image.layoutDirectory }',
    `  const scan = await runScanners(scanners, target, ${literal({ timeoutMs: settings.number('scanner-timeout') })})`,
    '  for (const { id, severity, package: { purl } } of scan.findings) console.log(severity, id, purl)',
  )
  if (isJudged) {
    program.line(
      '  const judged = images.map((one) => formatPlatform(one.platform))',
      `  const known = ${platforms.length > 0 ? `{ present: platforms.map(formatPlatform), judged, chosen: ${literal(platforms)} }` : '{ present: platforms.map(formatPlatform), judged }'}`,
      `  const facts = { subject, destination: ${literal(image)}, platforms: known, inventory, scan, failures: [], usage: [], removed: [] }`,
      `  const decision = decide(facts, policy, { tier: ${codeTier(settings)}, now: new Date(), waivers })`,
      '  console.log(explain(decision))',
      '  verdicts.push(decision.verdict)',
    )
  } else {
    const limit = settings.text('fail-on')
    const isPartial = settings.flag('unsafe-accept-partial')
    program.line(
      `  const isJudged = scan.reports.every(({ status }) => status === 'complete'${isPartial ? " || status === 'partial'" : ''})`,
      ...(limit === undefined
        ? [`  verdicts.push(isJudged ? 'pass' : 'error')`]
        : [
            `  const limits: readonly string[] = ${literal(limit === 'any' ? [...severities, 'unknown'] : [...severities.slice(0, severities.indexOf(limit as (typeof severities)[number]) + 1), 'unknown'])}`,
            '  const counts = scan.findings.some(({ severity, suppressed }) => !suppressed && limits.includes(severity))',
            `  verdicts.push(isJudged ? (counts ? 'fail' : 'pass') : 'error')`,
          ]),
    )
  }
  return program.line(
    '}',
    `process.exitCode = verdicts.length === 0 || verdicts.includes('error') ? 2 : verdicts.includes('fail') ? 1 : 0`,
  )
}

/** `sallyport scan`. */
export const scan: CommandModule = { run, code, schema }
