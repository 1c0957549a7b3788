import { type Clock, type Digest, systemClock } from '@sallyport/core'
import type { Journal } from '@sallyport/gate'
import { isTag, parseReference } from '@sallyport/oci'
import type { AuditRecord, Deployment } from '../audit-record.ts'
import { plainText } from '../deployments/plain-text.ts'
import { compareNames, urgencyOf } from '../deployments/urgency.ts'
import { AuditError } from '../errors.ts'
import { chooseRepair, type RetireOptions } from './choose-repair.ts'
import type { RepairAction, RepairPlan } from './repair-plan.ts'
import { sealPlan } from './seal-plan.ts'

/** Options of {@link planRepairs}. */
export interface PlanRepairsOptions {
  /** Id of the audit that the records are of. */
  readonly audit: string
  /** Tier of the gate's policy, or that of each `registry/repository`; `undefined`: its images are left to a person. */
  readonly tier: string | ((repository: string) => string | undefined)
  /** Knows where images came from. Default: what is promoted again is promoted from where it is. */
  readonly journal?: Pick<Journal, 'listRecords'> | undefined
  /** As of {@link ChooseRepairOptions}. Default `false`. */
  readonly signAsIs?: boolean | undefined
  /** Default: nothing is retired. */
  readonly retire?: RetireOptions | undefined
  /** Actions at most, the most urgent ones. Default 1,000: what people review. */
  readonly maxActions?: number | undefined
  /** Default: the system's. */
  readonly clock?: Clock | undefined
  /** Ends it; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

const maxProblems = 10
const maxRunning = 5

/** A flagged image, before it is known what else of its repository it stands for. */
type Flagged = Pick<
  AuditRecord,
  | 'registry'
  | 'repository'
  | 'digest'
  | 'tags'
  | 'class'
  | 'problems'
  | 'parents'
  | 'children'
  | 'deployments'
  | 'judgement'
  | 'pushedAt'
  | 'pulledAt'
>
type Unsealed = Omit<RepairAction, 'seal'>

/**
 * Plans what to do about each image that is not compliant, the most urgent first: what is flagged and runs. A platform is
 * repaired with the index that lists it. Nothing is read from a registry, and nothing is written.
 *
 * @param records Of one audit, in the order of repositories, as an archive or `joinDeployments` gives them.
 * @throws {AuditError} `OPTIONS_INVALID` for a quarantine repository that is no `registry/repository`, or a limit below 1.
 * @throws {GateError} what the journal rejects with.
 */
export async function planRepairs(
  records: AsyncIterable<AuditRecord> | Iterable<AuditRecord>,
  options: PlanRepairsOptions,
): Promise<RepairPlan> {
  const { audit, journal, retire, maxActions = 1000, clock = systemClock, signal } = options
  checkOptions(retire, maxActions)
  const now = clock.now()
  let actions: Unsealed[] = []
  let omitted = 0
  const keepMostUrgent = (): void => {
    actions.sort((one, other) => other.urgency - one.urgency || compareNames(one, other))
    omitted += Math.max(0, actions.length - maxActions)
    actions = actions.slice(0, maxActions)
  }

  let group = new RepositoryGroup()
  const closeGroup = (): void => {
    for (const flagged of group.images()) actions.push(toAction(flagged, options, now))
    if (actions.length > 2 * maxActions) keepMostUrgent()
  }
  let current: string | undefined
  for await (const record of records) {
    signal?.throwIfAborted()
    const name = `${record.registry}/${record.repository}`
    if (name !== current) {
      closeGroup()
      group = new RepositoryGroup()
      current = name
    }
    group.add(record)
  }
  closeGroup()
  keepMostUrgent()

  const complete: Unsealed[] = []
  for (const action of actions) {
    signal?.throwIfAborted()
    complete.push(action.kind === 'promote' ? { ...action, from: await findSource(action, journal) } : action)
  }
  return sealPlan(
    { schema: 'https://sallyport.dev/schemas/repair-plan/v1', audit, createdAt: now.toISOString(), omitted },
    complete,
  )
}

/** What of one repository needs something. */
class RepositoryGroup {
  readonly #flagged = new Map<Digest, Flagged>()
  /** Tags whose digest is not known. */
  readonly #unread: Flagged[] = []
  readonly #platforms: Flagged[] = []
  /** Indexes that need nothing themselves. */
  readonly #indexes = new Map<Digest, Flagged>()

  add(record: AuditRecord): void {
    const isFlagged = record.class !== undefined && record.class !== 'compliant'
    const kept = keep(record)
    if (record.digest === undefined) {
      if (isFlagged) this.#unread.push(kept)
    } else if (record.role === 'platform') {
      if (isFlagged) this.#platforms.push(kept)
    } else if (isFlagged) this.#flagged.set(record.digest, kept)
    else if (record.role === 'index') this.#indexes.set(record.digest, { ...kept, problems: [] })
  }

  /** Images and indexes, each with what is wrong with platforms that nothing else stands for. */
  images(): Iterable<Flagged> {
    for (const platform of this.#platforms) {
      const { parents = [], problems, judgement } = platform
      if (parents.some((parent) => this.#flagged.has(parent))) continue
      const index = parents.map((parent) => this.#indexes.get(parent)).find((each) => each !== undefined)
      // An index that nobody listed: its platform stands for itself.
      const stands = index ? { ...index, class: platform.class, problems, judgement } : platform
      this.#flagged.set(stands.digest!, stands)
    }
    return [...this.#flagged.values(), ...this.#unread]
  }
}

function keep(record: AuditRecord): Flagged {
  const { registry, repository, digest, tags, problems, parents, children, deployments } = record
  const { judgement, pushedAt, pulledAt } = record
  const common = {
    registry,
    repository,
    digest,
    tags,
    parents,
    children,
    deployments,
    judgement,
    pushedAt,
    pulledAt,
  }
  return { ...common, class: record.class, problems: problems.slice(0, maxProblems) }
}

function toAction(flagged: Flagged, { tier, signAsIs, retire }: PlanRepairsOptions, now: Date): Unsealed {
  const { registry, repository, digest, children, deployments } = flagged
  const name = `${registry}/${repository}`
  // What is no tag could not be written either.
  const tags = flagged.tags.filter(isTag).toSorted()
  const itsTier = typeof tier === 'function' ? tier(name) : tier
  const { kind, reason } =
    isName(name) && digest
      ? chooseRepair({ ...flagged, tags }, { tier: itsTier, signAsIs, retire, now })
      : { kind: 'ask' as const, reason: 'it has no digest, or a name that no reference can have' }
  return {
    kind,
    planned: kind,
    registry,
    repository,
    ...(digest && { digest }),
    tags,
    ...((kind === 'promote' || kind === 'attest') && { tier: itsTier }),
    ...((kind === 'retire' || kind === 'delete') &&
      retire?.quarantineRepository !== undefined && { quarantine: retire.quarantineRepository }),
    ...(children?.length && { covers: children }),
    class: flagged.class!,
    problems: flagged.problems.map((problem) => ({
      class: problem.class,
      message: plainText(problem.message, 300),
    })),
    reason,
    urgency: urgencyOf(flagged),
    ...(deployments && {
      running: deployments.slice(0, maxRunning).map(describeDeployment),
      runningCount: deployments.length,
    }),
  }
}

function describeDeployment({ cluster, namespace, workload, container, matchedBy }: Deployment): string {
  const place = [cluster, namespace].filter((part) => part !== undefined).join('/')
  const what = container === undefined ? workload : `${workload}, ${container}`
  return plainText(`${place === '' ? '' : `${place}: `}${what} (by ${matchedBy})`)
}

/** Where the gate took the image from, as its journal knows it; else where the image is. */
async function findSource(
  { registry, repository, digest }: Pick<Unsealed, 'registry' | 'repository' | 'digest'>,
  journal: PlanRepairsOptions['journal'],
): Promise<string> {
  const found = await journal?.listRecords({ digest, limit: 1 })
  const source = found?.items[0]?.source
  const name = source && readName(source.name)
  return name === undefined ? `${registry}/${repository}@${digest}` : `${name}@${source!.digest}`
}

/** `registry/repository` of a reference; layouts and archives are files of the machine that promoted from them. */
function readName(reference: string): string | undefined {
  try {
    const { registry, repository } = parseReference(reference)
    return `${registry}/${repository}`
  } catch {
    return undefined
  }
}

const isName = (name: string): boolean => readName(name) === name

function checkOptions(retire: RetireOptions | undefined, maxActions: number): void {
  if (!Number.isInteger(maxActions) || maxActions < 1)
    throw new AuditError('OPTIONS_INVALID', `maxActions: ${maxActions}; at least 1`)
  const quarantine = retire?.quarantineRepository
  if (quarantine !== undefined && !isName(quarantine))
    throw new AuditError(
      'OPTIONS_INVALID',
      `quarantineRepository: ${plainText(quarantine)} is no registry/repository`,
    )
  if (retire && !(retire.idleMs > 0))
    throw new AuditError('OPTIONS_INVALID', `retire.idleMs: ${retire.idleMs}; more than 0`)
}
