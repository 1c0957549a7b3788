import { formatCount } from '@sallyport/core'
import { stat } from 'node:fs/promises'
import type {
  QuarantineEntry,
  QuarantineFilter,
  QuarantineState,
  QuarantineStore,
  QuarantineSummary,
} from '@sallyport/gate'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { formatRows } from '../output/format.ts'
import { printable } from '../output/progress.ts'
import { decisionSchema, digestSchema, verdictSchema } from '../output/schemas.ts'
import { writeOutput } from '../output/write-output.ts'
import { reportFiles } from '../parts/decision-reports.ts'
import { codePolicy, readPolicy } from '../parts/policy.ts'
import { codeSigner, openSigner } from '../parts/signer.ts'
import { Code, literal, Program } from '../program/program.ts'
import type { Settings } from '../settings/settings.ts'

type CodeContext = Pick<RunContext, 'arguments' | 'settings'>

const pages = ['.html'] as const

const summarySchema = z.strictObject({
  id: z.string(),
  state: z.enum(['open', 'approved', 'rejected', 'superseded']),
  quarantinedAt: z.string(),
  source: z.string(),
  sourceDigest: digestSchema,
  destination: z.string(),
  tier: z.string(),
  verdict: verdictSchema,
  findings: z.int(),
  worst: z.string().optional(),
  reason: z.string(),
  expires: z.string().optional().describe('When its approval ends.'),
})

const entrySchema = z.strictObject({
  id: z.string(),
  state: z.enum(['open', 'approved', 'rejected', 'superseded']),
  status: z.record(z.string(), z.unknown()).describe('What became of it, with who, why and when.'),
  quarantinedAt: z.string(),
  source: z.string(),
  sourceDigest: digestSchema,
  destination: z.string(),
  tier: z.string(),
  findings: z.array(
    z.strictObject({
      id: z.string(),
      purl: z.string(),
      severity: z.string(),
      rules: z.array(z.string()),
      why: z.string().optional().describe('What keeps the package.'),
    }),
  ),
  nextSteps: z.array(z.string()),
  copy: z.string().optional(),
  decision: decisionSchema,
})

/** Opens what is there; looking for something must not make an empty store. */
export async function openStore({ settings, resources }: RunContext): Promise<QuarantineStore> {
  const path = settings.required('quarantine')
  await stat(path).catch((cause: unknown) => {
    throw new CliError('FILE_UNREADABLE', `${path}: there is no quarantine`, {
      cause,
      advice: 'Name that of the gate with --quarantine; `sallyport promote` makes it.',
    })
  })
  const { sqliteQuarantine } = await import('@sallyport/gate')
  return resources.use(sqliteQuarantine(path))
}

/** The entry of an id, or of the beginning of one that is unique among those of the list. */
async function findEntry(store: QuarantineStore, id: string): Promise<QuarantineEntry> {
  const entry = await store.get(id)
  if (entry) return entry
  if (/^[0-9a-f]{4,31}$/.test(id)) {
    const { items } = await store.list({ text: id, limit: 100 })
    const [only, ...others] = items.filter((item) => item.id.startsWith(id))
    const found = only && others.length === 0 ? await store.get(only.id) : undefined
    if (found) return found
  }
  throw new CliError('OPTION_INVALID', `there is no entry ${printable(id.slice(0, 80))} in the quarantine`, {
    advice: '`sallyport quarantine list --status any` shows what there is.',
  })
}

function filterOf(settings: Settings): QuarantineFilter {
  const state = settings.required('status')
  return {
    ...(state !== 'any' && { state: state as QuarantineState }),
    ...(settings.text('tier') !== undefined && { tier: settings.text('tier') }),
    ...(settings.text('search') !== undefined && { text: settings.text('search') }),
    limit: settings.number('limit') ?? 100,
  }
}

const line = ({ id, state, worst, destination, reason }: QuarantineSummary) => [
  id,
  state,
  worst ?? '-',
  destination,
  reason,
]

/** `sallyport quarantine list`. */
export const quarantineList: CommandModule = {
  schema: z.strictObject({
    entries: z.array(summarySchema),
    more: z.boolean().describe('There are more than --limit.'),
  }),
  async run(context): Promise<CommandResult> {
    const files = reportFiles(context.settings, pages)
    const store = await openStore(context)
    const { items, next } = await store.list(filterOf(context.settings))
    const more = next !== undefined
    if (files.length > 0) {
      const { renderQuarantineListHtml } = await import('@sallyport/gate/report')
      for (const { file } of files)
        await writeOutput(file, renderQuarantineListHtml(items, { more }), { signal: context.signal })
    }
    const total = `${formatCount(items.length, 'entry').replace('entrys', 'entries')}${more ? ', and more' : ''}`
    return {
      verdict: 'pass',
      text: items.length === 0 ? total : `${formatRows(items.map(line))}\n${total}`,
      result: { entries: items.map((item) => ({ ...item })), more },
    }
  },
  code({ settings }: CodeContext) {
    const program = openInCode(settings)
    program.line(`const { items } = await quarantine.list(${literal(filterOf(settings))})`)
    for (const { file } of reportFiles(settings, pages)) {
      program.use('@sallyport/gate/report', 'renderQuarantineListHtml').use('node:fs/promises', 'writeFile')
      program.line(`await writeFile(${literal(file)}, renderQuarantineListHtml(items))`)
    }
    return program.line(
      'for (const { id, state, destination, reason } of items) console.log(id, state, destination, reason)',
    )
  },
}

function openInCode(settings: Settings): Program {
  const program = new Program()
  program.use('@sallyport/gate', 'sqliteQuarantine')
  return program.line(
    `await using quarantine = sqliteQuarantine(${literal(settings.required('quarantine'))})`,
  )
}

const toResult = ({ record, status }: QuarantineEntry) => ({
  id: record.id,
  state: status.state,
  status: { ...status },
  quarantinedAt: record.quarantinedAt,
  source: record.source,
  sourceDigest: record.sourceDigest,
  destination: record.destination,
  tier: record.tier,
  findings: record.findings.map(({ id, purl, severity, rules, why }) => ({ id, purl, severity, rules, why })),
  nextSteps: record.nextSteps,
  copy: record.copy,
  decision: record.decision,
})

function describeEntry({ record, status }: QuarantineEntry): string {
  const { state, ...rest } = status
  return [
    `${record.id}  ${state}`,
    formatRows([
      ['source', record.source],
      ['', record.sourceDigest],
      ['destination', record.destination],
      ['since', record.quarantinedAt],
      ...Object.entries(rest).map(([name, value]) => [name, String(value)]),
    ]),
    '',
    record.explanation,
    ...(record.nextSteps.length > 0
      ? ['', 'What can be done:', ...record.nextSteps.map((step) => `  - ${printable(step)}`)]
      : []),
  ].join('\n')
}

/** `sallyport quarantine show`. */
export const quarantineShow: CommandModule = {
  schema: entrySchema,
  async run(context): Promise<CommandResult> {
    const files = reportFiles(context.settings, pages)
    const entry = await findEntry(await openStore(context), context.arguments[0] ?? '')
    if (files.length > 0) {
      const { renderQuarantineHtml } = await import('@sallyport/gate/report')
      for (const { file } of files)
        await writeOutput(file, renderQuarantineHtml(entry), { signal: context.signal })
    }
    return { verdict: 'pass', text: describeEntry(entry), result: toResult(entry) }
  },
  code({ arguments: [id = ''], settings }: CodeContext) {
    const program = openInCode(settings)
    program.line(
      `const entry = await quarantine.get(${literal(id)})`,
      'console.log(entry?.record.explanation)',
    )
    for (const { file } of reportFiles(settings, pages)) {
      program.use('@sallyport/gate/report', 'renderQuarantineHtml').use('node:fs/promises', 'writeFile')
      program.line(`if (entry) await writeFile(${literal(file)}, renderQuarantineHtml(entry))`)
    }
    return program
  },
}

/** `sallyport quarantine approve`. */
export const quarantineApprove: CommandModule = {
  schema: entrySchema,
  async run(context): Promise<CommandResult> {
    const { settings, leaves } = context
    leaves('The entry is as it was, or approved: `sallyport quarantine show` tells.')
    const [approver, reason, expires] = [
      settings.required('approver'),
      settings.required('reason'),
      settings.required('expires'),
    ]
    const store = await openStore(context)
    const { record } = await findEntry(store, context.arguments[0] ?? '')
    const terms = (await readPolicy(context)).tiers.get(record.tier)?.waivers
    const signer = await openSigner('reviewer-key', context)
    const scope = settings.required('scope') as 'digest' | 'repository'
    context.signal.throwIfAborted()
    const entry = await store.approve(record.id, { approver, reason, expires, scope, signer, terms })
    return {
      verdict: 'pass',
      text: `${describeStatus(entry)}; promote it again to let it through`,
      result: toResult(entry),
    }
  },
  code({ arguments: [id = ''], settings }: CodeContext) {
    const program = openInCode(settings)
    program.line(`const policy = ${codePolicy(program, settings)}`)
    const approval = {
      approver: settings.required('approver'),
      reason: settings.required('reason'),
      expires: settings.required('expires'),
      scope: settings.required('scope'),
      signer: new Code(codeSigner(program, 'reviewer-key', settings)),
      terms: new Code(`policy.tiers.get(entry?.record.tier ?? '')?.waivers`),
    }
    return program.line(
      `const entry = await quarantine.get(${literal(id)})`,
      `const { status } = await quarantine.approve(${literal(id)}, ${literal(approval)})`,
      'console.log(status.state)',
    )
  },
}

/** `sallyport quarantine reject`. */
export const quarantineReject: CommandModule = {
  schema: entrySchema,
  async run(context): Promise<CommandResult> {
    const { settings, leaves } = context
    leaves('The entry is as it was, or rejected: `sallyport quarantine show` tells.')
    const [by, reason] = [settings.required('approver'), settings.required('reason')]
    const store = await openStore(context)
    const { record } = await findEntry(store, context.arguments[0] ?? '')
    context.signal.throwIfAborted()
    const entry = await store.reject(record.id, { by, reason })
    return { verdict: 'pass', text: describeStatus(entry), result: toResult(entry) }
  },
  code({ arguments: [id = ''], settings }: CodeContext) {
    const rejection = { by: settings.required('approver'), reason: settings.required('reason') }
    return openInCode(settings).line(
      `const { status } = await quarantine.reject(${literal(id)}, ${literal(rejection)})`,
      'console.log(status.state)',
    )
  },
}

const describeStatus = ({ record, status }: QuarantineEntry): string =>
  `${record.id} is ${status.state}${status.state === 'approved' ? ` until ${status.expires}` : ''}`
