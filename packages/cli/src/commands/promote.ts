import { join } from 'node:path'
import { digestHex, formatPlatform, type Reference } from '@sallyport/core'
import type { GateOptions, PromotionOutcome, PromotionPlan, PromotionProgress } from '@sallyport/gate'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { paint } from '../output/format.ts'
import { decisionSchema, digestSchema } from '../output/schemas.ts'
import { makeFolderOf, writeOutput } from '../output/write-output.ts'
import { codeClient, openClient } from '../parts/client.ts'
import {
  codeDecisionReports,
  decisionReports,
  reportFiles,
  writeDecisionReports,
} from '../parts/decision-reports.ts'
import { chooseTier, codePolicy, codeTier, codeWaivers, readPolicy, readWaivers } from '../parts/policy.ts'
import { readFile } from '../parts/read-file.ts'
import { codeScanners, openScanners } from '../parts/scanners.ts'
import { evidenceModeOf } from '../parts/evidence-mode.ts'
import {
  codeIdentity,
  type Identity,
  neededForIdentity,
  openIdentity,
  signsAsIdentity,
} from '../parts/identity.ts'
import { codeSigner, type KeyOption, openSigner } from '../parts/signer.ts'
import { Code, literal, Program } from '../program/program.ts'
import type { OptionName } from '../settings/option-table.ts'
import type { Settings } from '../settings/settings.ts'

const imageSchema = z.strictObject({
  digest: digestSchema,
  packages: z.int(),
  bytes: z.int().describe('Of the compressed layers.'),
  findings: z.int(),
})

const schema = z.strictObject({
  from: z.string(),
  to: z.string(),
  tier: z.string(),
  sourceDigest: digestSchema.optional(),
  digest: digestSchema.optional().describe('What was promoted, or would be.'),
  previousDigest: digestSchema.optional().describe('Where the tag was before.'),
  changed: z.boolean().optional().describe('false: it was there already.'),
  moves: z.boolean().optional().describe('With --plan: whether the tag would move.'),
  frozen: z.string().optional().describe('With --plan: why the tag may not move now.'),
  needs: z.array(z.string()).optional().describe('With --plan: options without a value that a run needs.'),
  platforms: z.array(
    z.strictObject({
      platform: z.string(),
      before: imageSchema,
      after: imageSchema,
      removed: z.int().describe('Packages that hardening took out.'),
    }),
  ),
  evidence: z.array(z.strictObject({ predicateType: z.string(), subject: digestSchema })).optional(),
  quarantine: z
    .strictObject({ id: z.string(), nextSteps: z.array(z.string()) })
    .optional()
    .describe('Where it waits for a person.'),
  decision: decisionSchema.optional(),
})

async function run(context: RunContext): Promise<CommandResult> {
  const { settings, resources, signal } = context
  const [from = '', to = ''] = context.arguments
  reportFiles(settings, decisionReports)
  const policy = await readPolicy(context)
  const tier = chooseTier(settings, policy)
  const client = await openClient(context)
  const { planPromotion, promote, sqliteJournal, sqliteQuarantine } = await import('@sallyport/gate')
  const isPlan = settings.flag('plan')
  const [waivers, scanners, signing, approvalKeys] = await Promise.all([
    readWaivers(context),
    openScanners(context),
    isPlan ? undefined : openSigning(context),
    Promise.all(settings.list('approval-key').map(async (file) => (await readFile(file)).toString('utf8'))),
  ])
  for (const name of ['journal', 'quarantine'] as const) await makeFolderOf(settings.required(name))
  const options = {
    from,
    to,
    tier,
    platforms: platformsOf(settings),
    policy,
    waivers,
    approvalKeys,
    scanners,
    harden: hardenChoice(settings),
    journal: resources.use(sqliteJournal(settings.required('journal'))),
    quarantine: resources.use(sqliteQuarantine(settings.required('quarantine'))),
    quarantineRepository: settings.text('quarantine-repository'),
    repository: (reference: Pick<Reference, 'registry' | 'repository'>) => client.repository(reference),
    fileManifest: settings.flag('file-manifest'),
    evidenceMode: evidenceModeOf(settings, keyOptions),
    verifierId: settings.text('verifier-id'),
    unsafeAllowLazyLayers: settings.flag('unsafe-allow-lazy-layers'),
    keepFacts: factsKeeper(context),
    signal,
    onProgress: stepProgress(context, to),
  }
  const request = { from, to, tier }
  return signing === undefined
    ? tellPlan(context, request, await planPromotion(options))
    : tellOutcome(context, request, await promote({ ...options, ...signing }))
}

const keyOptions = ['evidence-key', 'release-key'] as const

async function openSigning(context: RunContext): Promise<Pick<GateOptions, 'signer' | 'confirmation'>> {
  const { settings } = context
  const identity: Identity | undefined = signsAsIdentity(settings, keyOptions)
    ? await openIdentity(context)
    : undefined
  const [evidence, release] = await Promise.all(
    keyOptions.map((name) =>
      identity && settings.text(name) === undefined ? identity.signer : openSigner(name, context),
    ),
  )
  return { signer: { evidence: evidence!, release: release! }, confirmation: identity?.confirmation }
}

/** Options without a value that a run needs to sign. */
const neededBy = (settings: Settings): readonly OptionName[] =>
  (settings.text('signing-config') === undefined ? keyOptions : neededForIdentity).filter(
    (name) => settings.text(name) === undefined,
  )

interface Request {
  readonly from: string
  readonly to: string
  readonly tier: string
}

async function tellOutcome(
  context: RunContext,
  { from, to, tier }: Request,
  outcome: PromotionOutcome,
): Promise<CommandResult> {
  const { explain } = await import('@sallyport/policy')
  const { verdict, decision } = outcome
  if (decision) await writeDecisionReports(decision, context, outcome.platforms)
  const { isColored } = context.screen
  const quarantine = verdict === 'pass' ? undefined : outcome.quarantine
  const lines = decision ? [explain(decision, { color: isColored })] : []
  if (verdict === 'pass') {
    const state = outcome.changed ? 'is now' : 'was already'
    lines.push('', `${paint(isColored, 'green', 'promoted')}: ${outcome.target} ${state} ${outcome.digest}`)
  }
  if (quarantine)
    lines.push('', `in quarantine as ${quarantine.id}`, `  sallyport quarantine show ${quarantine.id}`)
  return {
    verdict,
    text: lines.join('\n'),
    error: verdict === 'error' ? outcome.error : undefined,
    result: {
      from,
      to,
      tier,
      sourceDigest: verdict === 'error' ? undefined : outcome.sourceDigest,
      ...(verdict === 'pass' && {
        digest: outcome.digest,
        previousDigest: outcome.previousDigest,
        changed: outcome.changed,
        evidence: outcome.evidence.map(({ predicateType, subject }) => ({ predicateType, subject })),
      }),
      platforms: summarize(outcome.platforms),
      quarantine: quarantine && { id: quarantine.id, nextSteps: quarantine.nextSteps },
      decision,
    },
  }
}

async function tellPlan(
  context: RunContext,
  { from, to, tier }: Request,
  plan: PromotionPlan,
): Promise<CommandResult> {
  const { explain } = await import('@sallyport/policy')
  const { decision, moves, frozen, digest, sourceDigest, currentDigest } = plan
  await writeDecisionReports(decision, context, plan.platforms)
  const stays = frozen?.reason ?? (decision.verdict === 'pass' ? 'it is there already' : decision.verdict)
  const needs = neededBy(context.settings)
  return {
    verdict: decision.verdict,
    text: [
      explain(decision, { color: context.screen.isColored }),
      '',
      `${to} ${moves ? `would move to ${digest}` : `would stay: ${stays}`}`,
      ...(needs.length > 0
        ? [`a run without --plan needs ${needs.map((name) => `--${name}`).join(' and ')}`]
        : []),
    ].join('\n'),
    result: {
      from,
      to,
      tier,
      sourceDigest,
      digest,
      previousDigest: currentDigest,
      moves,
      frozen: frozen?.reason,
      needs,
      platforms: summarize(plan.platforms),
      decision,
    },
  }
}

const summarize = (platforms: PromotionOutcome['platforms']) =>
  platforms.map(({ platform, before, after, hardening }) => ({
    platform: formatPlatform(platform),
    before: { ...before, findings: before.findings.length },
    after: { ...after, findings: after.findings.length },
    removed: hardening?.removed.length ?? 0,
  }))

/** A line for each step; what it says of the tag is what an interruption then leaves. */
function stepProgress({ progress, leaves }: RunContext, to: string): (event: PromotionProgress) => void {
  leaves(`The tag ${to} was not moved.`)
  return (event) => {
    const id = `${event.step} ${event.platform ? formatPlatform(event.platform) : ''}`.trim()
    if (event.type === 'step-finished') progress.finish(id, event.summary)
    else {
      progress.start(id, id)
      if (event.step === 'push' || event.step === 'attest' || event.step === 'verify')
        leaves(`The tag ${to} was not moved; what was pushed stays there without a tag.`)
      if (event.step === 'publish')
        leaves(
          `It was about to move the tag ${to}: the tag is where it was, or at the image, whose evidence is verified there.`,
        )
    }
  }
}

/** Keeps what each image was judged by, for `policy diff`; none unless there is a folder for it. */
function factsKeeper({ settings, signal }: RunContext): GateOptions['keepFacts'] {
  const folder = settings.text('facts')
  if (folder === undefined) return undefined
  return async (facts) => {
    const { serializeFacts } = await import('@sallyport/policy/cases')
    const name = `${facts.evaluatedAt.replaceAll(/[^0-9TZ]/g, '')}-${digestHex(facts.facts.subject).slice(0, 12)}.json`
    await makeFolderOf(join(folder, name))
    await writeOutput(join(folder, name), serializeFacts(facts), { signal })
  }
}

const platformsOf = (settings: Settings) => {
  const platforms = settings.list('platform')
  return platforms.length > 0 ? platforms : undefined
}

function hardenChoice(settings: Settings): GateOptions['harden'] {
  if (!settings.flag('harden')) return false
  return {
    mode: settings.text('harden-mode') as 'closed' | 'relaxed',
    keep: settings.list('keep'),
    drop: settings.list('drop'),
    commands: commandsOf(settings),
    maxRemoval: settings.number('max-removal'),
    strip: settings.flag('strip'),
  }
}

/** Commands, as words. */
export const commandsOf = (settings: Settings): readonly (readonly string[])[] =>
  settings.list('command').map((line) => line.split(/\s+/).filter((word) => word !== ''))

async function code({
  arguments: [from = '', to = ''],
  settings,
}: Pick<RunContext, 'arguments' | 'settings'>): Promise<Program> {
  const program = new Program()
  program.use('@sallyport/policy', 'explain')
  const isPlan = settings.flag('plan')
  program.use('@sallyport/gate', isPlan ? 'planPromotion' : 'promote', 'sqliteJournal', 'sqliteQuarantine')
  codeClient(program, settings)
  program.line(`const policy = ${codePolicy(program, settings)}`)
  for (const name of ['journal', 'quarantine'] as const) {
    const path = settings.required(name)
    program.use('node:fs/promises', 'mkdir').use('node:path', 'dirname')
    program.line(`await mkdir(dirname(${literal(path)}), { recursive: true })`)
    const store = name === 'journal' ? 'sqliteJournal' : 'sqliteQuarantine'
    program.line(`await using ${name} = ${store}(${literal(path)})`)
  }
  const keys = settings.list('approval-key')
  if (keys.length > 0) program.use('node:fs/promises', 'readFile')
  const harden = hardenChoice(settings)
  const isIdentity = !isPlan && signsAsIdentity(settings, keyOptions)
  if (isIdentity) codeIdentity(program, settings)
  const codeOne = (name: KeyOption) =>
    new Code(
      isIdentity && settings.text(name) === undefined ? 'identity' : codeSigner(program, name, settings),
    )
  const mode = evidenceModeOf(settings, keyOptions)
  const gate: Readonly<Record<string, unknown>> = {
    policy: new Code('policy'),
    waivers: new Code(codeWaivers(program, settings)),
    approvalKeys: keys.map((file) => new Code(`await readFile(${literal(file)}, 'utf8')`)),
    scanners: new Code(await codeScanners(program, settings)),
    harden,
    signer: isPlan ? undefined : { evidence: codeOne('evidence-key'), release: codeOne('release-key') },
    confirmation: isIdentity ? new Code('{ witnesses, root }') : undefined,
    journal: new Code('journal'),
    quarantine: new Code('quarantine'),
    quarantineRepository: settings.text('quarantine-repository'),
    repository: new Code('(reference) => client.repository(reference)'),
    fileManifest: settings.flag('file-manifest') || undefined,
    evidenceMode: mode === (isIdentity ? 'bundle' : 'both') ? undefined : mode,
    verifierId: settings.text('verifier-id'),
    unsafeAllowLazyLayers: settings.flag('unsafe-allow-lazy-layers') || undefined,
    keepFacts: codeFacts(program, settings),
  }
  const request = { from, to, tier: new Code(codeTier(settings)), platforms: platformsOf(settings) }
  const fields = Object.entries({ ...gate, ...request }).flatMap(([key, value]) =>
    value === undefined ? [] : [`  ${key}: ${literal(value)},`],
  )
  const isPaged = reportFiles(settings, decisionReports).some(({ kind }) => kind === '.html')
  const platforms = isPaged ? ', platforms' : ''
  if (isPlan) {
    program.line(`const { decision, moves${platforms} } = await planPromotion({`, ...fields, '})')
    program.line(
      'console.log(explain(decision))',
      `console.log(moves ? 'the tag would move' : 'the tag would stay')`,
    )
    codeDecisionReports(program, settings, { hasPlatforms: true })
    return program.line('process.exitCode = { pass: 0, fail: 1, error: 2 }[decision.verdict]')
  }
  program.line('const outcome = await promote({', ...fields, '})')
  program.line(
    `const { decision, verdict${platforms} } = outcome`,
    'if (decision) {',
    '  console.log(explain(decision))',
  )
  codeDecisionReports(program, settings, { indent: '  ', hasPlatforms: true })
  program.line('}')
  program.line(`if (verdict === 'pass') console.log(outcome.target, outcome.digest)`)
  program.line(`if (verdict === 'error') console.error(outcome.error.code, outcome.error.message)`)
  return program.line('process.exitCode = { pass: 0, fail: 1, error: 2 }[verdict]')
}

function codeFacts(program: Program, settings: Settings): Code | undefined {
  const folder = settings.text('facts')
  if (folder === undefined) return undefined
  program.use('node:fs/promises', 'mkdir', 'writeFile').use('node:path', 'join')
  program.use('@sallyport/core', 'digestHex').use('@sallyport/policy/cases', 'serializeFacts')
  program.line(`await mkdir(${literal(folder)}, { recursive: true })`)
  return new Code(
    `(facts) => writeFile(join(${literal(folder)}, \`\${facts.evaluatedAt.replaceAll(/[^0-9TZ]/g, '')}-\${digestHex(facts.facts.subject).slice(0, 12)}.json\`), serializeFacts(facts))`,
  )
}

/** `sallyport promote`. */
export const promote: CommandModule = { run, code, schema }
