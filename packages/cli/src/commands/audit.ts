import { formatCount } from '@sallyport/core'
import type { Audit, AuditProgress, AuditSummary, PresentTerms } from '@sallyport/audit'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { formatAge } from '../output/format.ts'
import { makeFolderOf, writeOutput } from '../output/write-output.ts'
import { codeClient, openClient } from '../parts/client.ts'
import { codeReader } from '../parts/code-reader.ts'
import { reportFiles } from '../parts/decision-reports.ts'
import { codePolicy, codeWaivers, readPolicy, readWaivers } from '../parts/policy.ts'
import { readTrustedRoot } from '../parts/requirements.ts'
import { codeScanners, openScanners } from '../parts/scanners.ts'
import { readTerms } from '../parts/terms.ts'
import { Code, literal, Program } from '../program/program.ts'
import type { Settings } from '../settings/settings.ts'

/** Kinds of reports about an audit. */
export const auditReports = ['.html', '.json', '.csv', '.md', '.sarif'] as const

const schema = z.strictObject({
  registry: z.string(),
  summary: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('As `AuditSummary` of `@sallyport/audit`; --report audit.json has every image.'),
  estimate: z
    .strictObject({
      repositories: z.int(),
      skipped: z.int(),
      tags: z.int(),
      countedBy: z.string(),
      reusable: z.int(),
      requests: z.int(),
      durationMs: z.number(),
      spent: z.int(),
    })
    .optional()
    .describe('With --estimate.'),
})

async function run(context: RunContext): Promise<CommandResult> {
  const { settings, leaves } = context
  const [registry = ''] = context.arguments
  const files = reportFiles(settings, auditReports)
  leaves('What was found so far is kept.')
  const audit = await openAudit(context, registry)
  if (settings.flag('estimate')) {
    const estimate = await audit.estimate()
    const { repositories, tags, requests, durationMs } = estimate
    return {
      verdict: 'pass',
      text: `${registry}: ${formatCount(repositories, 'repository').replace('repositorys', 'repositories')}, ${formatCount(tags, 'tag')}, about ${formatCount(requests, 'request')}, ${formatAge(durationMs)}`,
      result: { registry, estimate },
    }
  }
  const summary = await audit.run()
  const { renderAuditText } = await import('@sallyport/audit/report')
  const records = () => audit.archive.records(summary.id)
  await writeReports(files, summary, audit, context)
  const { isColored, columns } = context.screen
  return {
    verdict: isGood(summary) ? 'pass' : 'fail',
    text: await renderAuditText(summary, records(), { color: isColored, width: columns }),
    result: { registry, summary: { ...summary } },
  }
}

/** All that was judged is compliant, there is something, and everything was read. */
const isGood = ({ classes: { compliant = 0, ...flagged }, repositories }: AuditSummary): boolean =>
  compliant > 0 && Object.keys(flagged).length === 0 && repositories.failed === 0

async function openAudit(context: RunContext, registry: string): Promise<Audit> {
  const { settings, resources, signal } = context
  const [root, present] = await Promise.all([readTrustedRoot(context), readPresent(context)])
  const terms = await readTerms(context, { root, present })
  const client = await openClient(context)
  const { createAudit, createClassifier, distributionListing, sqliteAuditState } =
    await import('@sallyport/audit')
  await makeFolderOf(settings.required('state'))
  const repositories = settings.list('repository')
  const exact = repositories.length > 0 && repositories.every((name) => !name.includes('*'))
  return createAudit({
    // Registries without a catalog are asked for what was named.
    listing: distributionListing({ client, registry, ...(exact && { repositories }) }),
    client,
    classifier: createClassifier(),
    terms,
    state: resources.use(sqliteAuditState(settings.required('state'))),
    ...(repositories.length > 0 && !exact && { filters: { repositories } }),
    maxRequests: settings.number('max-requests'),
    signal,
    onProgress: auditProgress(context),
  })
}

/** Judged anew, where a policy is given. */
async function readPresent(context: RunContext): Promise<PresentTerms | undefined> {
  if (context.settings.text('policy') === undefined) return undefined
  return {
    policy: await readPolicy(context),
    waivers: await readWaivers(context),
    scanners: await openScanners(context),
  }
}

function auditProgress({ progress, note }: RunContext): (event: AuditProgress) => void {
  return (event) => {
    switch (event.type) {
      case 'audit-started':
      case 'audit-resumed':
        return progress.start('audit', event.type === 'audit-resumed' ? 'going on' : 'listing')
      case 'repositories-listed':
        return progress.start('audit', `${event.repositories} repositories`)
      case 'repository-audited':
        return progress.update('audit', `${event.audited} audited, ${event.requests} requests`)
      case 'repository-failed':
        return note(`${event.repository}: ${event.code}: ${event.message}`)
    }
  }
}

async function writeReports(
  files: ReturnType<typeof reportFiles<(typeof auditReports)[number]>>,
  summary: AuditSummary,
  { archive }: Audit,
  { signal }: RunContext,
): Promise<void> {
  if (files.length === 0) return
  const report = await import('@sallyport/audit/report')
  const records = () => archive.records(summary.id)
  const earlier = (await archive.audits()).filter(({ startedAt }) => startedAt < summary.startedAt)
  const write = {
    '.html': () => report.renderAuditHtml(summary, records(), { earlier }),
    '.json': () => report.renderAuditJson(summary, records()),
    '.csv': () => report.renderAuditCsv(records()),
    '.md': () => report.renderAuditMarkdown(summary, records()),
    '.sarif': () => report.renderAuditSarif(summary, records()),
  } as const
  for (const { file, kind } of files) await writeOutput(file, await write[kind](), { signal })
}

async function code({
  arguments: [registry = ''],
  settings,
}: Pick<RunContext, 'arguments' | 'settings'>): Promise<Program> {
  const program = new Program()
  program.use(
    '@sallyport/audit',
    'createAudit',
    'createClassifier',
    'distributionListing',
    'sqliteAuditState',
    'type AuditTerms',
  )
  program.use('node:fs/promises', 'mkdir', 'readFile').use('node:path', 'dirname')
  program.use('@sallyport/policy', 'matchGlob')
  codeClient(program, settings)
  await codePresent(program, settings)
  const state = literal(settings.required('state'))
  const repositories = settings.list('repository')
  const exact = repositories.length > 0 && repositories.every((name) => !name.includes('*'))
  codeReader(program, settings.required('terms'))
  program.line(
    `interface Rule extends AuditTerms {`,
    '  readonly match: readonly string[]',
    '  readonly skip?: boolean',
    '}',
    `const rules = ((await read(written['repositories'])) as Rule[]).map(({ match, skip, ...terms }) => ({`,
    '  match,',
    `  terms: skip ? undefined : { ...terms${settings.text('policy') === undefined ? '' : ', present'}${settings.text('trusted-root') === undefined ? '' : ', root'} },`,
    '}))',
    `await mkdir(dirname(${state}), { recursive: true })`,
    `await using state = sqliteAuditState(${state})`,
    'const audit = createAudit({',
    `  listing: distributionListing(${literal({ client: new Code('client'), registry, repositories: exact ? repositories : undefined })}),`,
    '  client,',
    '  classifier: createClassifier(),',
    '  terms: (repository) => rules.find(({ match }) => match.some((pattern) => matchGlob(pattern, repository)))?.terms,',
    '  state,',
    ...(repositories.length > 0 && !exact ? [`  filters: ${literal({ repositories })},`] : []),
    ...(settings.number('max-requests') === undefined
      ? []
      : [`  maxRequests: ${settings.number('max-requests')},`]),
    '})',
  )
  if (settings.flag('estimate')) return program.line('console.log(await audit.estimate())')
  program.use('@sallyport/audit/report', 'renderAuditText')
  program.line(
    'const summary = await audit.run()',
    'console.log(await renderAuditText(summary, audit.archive.records(summary.id)))',
  )
  codeReports(program, settings)
  return program.line(
    'const { compliant = 0, ...flagged } = summary.classes',
    'const isGood = compliant > 0 && Object.keys(flagged).length === 0 && summary.repositories.failed === 0',
    'process.exitCode = isGood ? 0 : 1',
  )
}

async function codePresent(program: Program, settings: Settings): Promise<void> {
  const root = settings.text('trusted-root')
  if (root !== undefined) {
    program.use('@sallyport/attest', 'parseTrustedRoot')
    program.line(`const root = parseTrustedRoot(await readFile(${literal(root)}))`)
  }
  if (settings.text('policy') === undefined) return
  program.line(
    'const present = {',
    `  policy: ${codePolicy(program, settings)},`,
    `  waivers: ${codeWaivers(program, settings)},`,
    `  scanners: ${await codeScanners(program, settings)},`,
    '}',
  )
}

const renderers = {
  '.html': 'renderAuditHtml',
  '.json': 'renderAuditJson',
  '.csv': 'renderAuditCsv',
  '.md': 'renderAuditMarkdown',
  '.sarif': 'renderAuditSarif',
} as const

function codeReports(program: Program, settings: Settings): void {
  for (const { file, kind } of reportFiles(settings, auditReports)) {
    const render = renderers[kind]
    program.use('@sallyport/audit/report', render)
    const records = 'audit.archive.records(summary.id)'
    const call = kind === '.csv' ? `${render}(${records})` : `${render}(summary, ${records})`
    if (kind === '.md' || kind === '.sarif') {
      program.use('node:fs/promises', 'writeFile')
      program.line(`await writeFile(${literal(file)}, await ${call})`)
    } else {
      program.use('node:fs', 'createWriteStream').use('node:stream/promises', 'pipeline')
      program.line(`await pipeline(${call}, createWriteStream(${literal(file)}))`)
    }
  }
}

/** `sallyport audit`. */
export const audit: CommandModule = { run, code, schema }
