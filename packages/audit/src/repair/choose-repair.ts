import type { AuditClass } from '../audit-class.ts'
import type { AuditRecord } from '../audit-record.ts'
import type { RepairKind } from './repair-plan.ts'

/** When images that nobody uses are retired. */
export interface RetireOptions {
  /**
   * Not pulled and not pushed for so long, in milliseconds. Only what a registry says was last pulled before that counts,
   * and only after deployments were joined: what may run is never retired.
   */
  readonly idleMs: number
  /** `registry/repository` that gets a copy first. Default: none; what has no tag may be collected by the registry. */
  readonly quarantineRepository?: string | undefined
  /** Plan to delete the manifests, too. `repair` does so only with its own `unsafeDeleteManifests`. Default `false`. */
  readonly deleteManifests?: boolean | undefined
}

/** What {@link chooseRepair} goes by. */
export interface ChooseRepairOptions {
  /** Tier of the repository; without one the gate can't judge. */
  readonly tier: string | undefined
  /** Sign as they are those images that lack nothing but a signature that counts. Default `false`: the gate judges them. */
  readonly signAsIs?: boolean | undefined
  /** When it is retired. Default: never. */
  readonly retire?: RetireOptions | undefined
  /** What `idleMs` counts to. */
  readonly now: Date
}

/** What to do, and why. */
export interface RepairChoice {
  /** What to do. */
  readonly kind: RepairKind
  /** Why, and what it does not repair. */
  readonly reason: string
}

const unknown: ReadonlySet<AuditClass> = new Set(['error', 'unverifiable'])
/** The content was judged well, or is about to be; what is missing is what the gate attaches. */
const evidenceOnly: ReadonlySet<AuditClass> = new Set([
  'decision-elsewhere',
  'decision-stale',
  'no-sbom',
  'legacy-only',
])
const signatureOnly: ReadonlySet<AuditClass> = new Set(['unsigned', 'wrong-identity'])

/** What to do about a flagged image. */
export function chooseRepair(
  record: Pick<
    AuditRecord,
    | 'registry'
    | 'repository'
    | 'tags'
    | 'class'
    | 'problems'
    | 'parents'
    | 'deployments'
    | 'pushedAt'
    | 'pulledAt'
  >,
  { tier, signAsIs = false, retire, now }: ChooseRepairOptions,
): RepairChoice {
  const classes = new Set<AuditClass>(record.problems.map((problem) => problem.class))
  if (record.class) classes.add(record.class)
  const isAll = (allowed: ReadonlySet<AuditClass>): boolean => [...classes].every((each) => allowed.has(each))

  if ([...classes].some((each) => unknown.has(each)) || classes.size === 0)
    return ask('it could not be judged: find out why, then audit it again')
  if (retire && isIdle(record, retire, now)) {
    return retire.deleteManifests === true
      ? { kind: 'delete', reason: 'nobody runs or pulls it' }
      : { kind: 'retire', reason: 'nobody runs or pulls it' }
  }
  if (signAsIs && isAll(signatureOnly))
    return { kind: 'sign', reason: 'it lacks nothing but a signature that counts; nobody judges it' }
  if (record.tags.length === 0)
    return ask('it has no tag, and a gate promotes to tags: tag it, or move what uses it to a tagged image')
  if (tier === undefined) return ask('no tier is named for its repository')
  if (isAll(new Set(['no-provenance'])))
    return ask('no gate can say where it was built: build it again with provenance')

  const remains = classes.has('no-provenance')
    ? '; its provenance stays missing, which only a new build has'
    : ''
  return isAll(new Set([...evidenceOnly, 'no-provenance']))
    ? {
        kind: 'attest',
        reason: `its content is kept; the gate judges it and attaches what is missing${remains}`,
      }
    : { kind: 'promote', reason: `the gate judges it from the beginning${remains}` }
}

const ask = (reason: string): RepairChoice => ({ kind: 'ask', reason })

/** Whatever is not known speaks against it. */
function isIdle(
  {
    registry,
    repository,
    tags,
    parents = [],
    deployments,
    pushedAt,
    pulledAt,
  }: Parameters<typeof chooseRepair>[0],
  { idleMs, quarantineRepository, deleteManifests }: RetireOptions,
  now: Date,
): boolean {
  const isBefore = (time: string | undefined): boolean =>
    time !== undefined && Date.parse(time) < now.getTime() - idleMs
  return (
    deployments?.length === 0 &&
    parents.length === 0 &&
    (tags.length > 0 || deleteManifests === true) &&
    quarantineRepository !== `${registry}/${repository}` &&
    isBefore(pulledAt) &&
    (pushedAt === undefined || isBefore(pushedAt))
  )
}
