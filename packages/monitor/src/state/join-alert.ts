import { createHash } from 'node:crypto'
import type { Alert } from '../alert/alert.ts'
import type { RegistryEvent } from '../event/registry-event.ts'
import { compareFindings, type Finding } from '../judge/finding.ts'

const maxEvents = 20
const maxOdd = 20
const actorKnowledge: readonly RegistryEvent['actor']['kind'][] = [
  'user',
  'robot',
  'anonymous',
  'system',
  'unknown',
]

/** Events of one incident that are further apart than this are two: whoever repeats it later is heard again. */
const joinMs: number = 3_600_000

/** How far clocks of registries, gate and monitor are apart. */
const longestSkewMs = 120_000

/** An alert as it is kept. */
export interface KeptAlert {
  readonly alert: Alert
  readonly epoch: string
  /** ISO 8601: of the events that led to it. */
  readonly firstAt: string
  readonly lastAt: string
  /** ISO 8601: when it was put right, as far as that is known; what happened later is another alert. */
  readonly rightAt?: string | undefined
  /** It was put right, and nothing worse was told of it afterwards. */
  readonly isOver: boolean
}

/** Whether the sinks have to hear of it: when it is new, or worse than what they heard. */
export interface JoinedAlert {
  readonly kept: KeptAlert
  readonly isNews: boolean
}

/**
 * Adds an event to the alert of its incident, or makes one. What was done once is one alert, however often, late and in
 * whatever order it is told. What was done several times within an hour may be one or several: that depends on whether it
 * was seen in between that it was put right, and so on when events come.
 */
export function joinAlert(
  kept: readonly KeptAlert[],
  found: Finding,
  event: RegistryEvent | undefined,
  {
    now,
    forgotten = '',
  }: {
    readonly now: Date
    /** What tells the time since alerts were last forgotten from all before: ids must not come again. */
    readonly forgotten?: string | undefined
  },
): JoinedAlert {
  const happened = instantOf(event, now)
  const at = found.until ?? happened
  const since = [at, event?.since ?? at, happened].sort()[0]!
  const ofEpoch = found.isPart
    ? kept.toReversed()
    : kept.filter((each) => isOneEpoch(each, { epoch: found.epoch, firstAt: since, lastAt: at }))
  const joined = ofEpoch.find(
    ({ alert, firstAt, lastAt, rightAt }) =>
      (isNear(at, firstAt, lastAt) ||
        (since <= lastAt && firstAt <= at && (found.isPart || isSameFact(found, alert)))) &&
      (found.after === undefined || at <= found.after || lastAt > found.after) &&
      (rightAt === undefined || at <= rightAt),
  )
  if (!joined) {
    const ordinal = kept.filter(({ epoch }) => epoch === found.epoch).length
    const alert = makeAlert(found, event, { now, ordinal, forgotten })
    return { kept: { alert, epoch: found.epoch, firstAt: since, lastAt: at, isOver: false }, isNews: true }
  }
  const finding = found.whenKnown ?? found
  const isWorse = !finding.isPart && compareFindings(finding, joined.alert) < 0
  const events = [...joined.alert.events, ...(event ? [event] : [])]
    .sort((one, other) =>
      one.time < other.time ? -1 : one.time > other.time ? 1 : one.id < other.id ? -1 : 1,
    )
    .slice(0, maxEvents)
  const alert: Alert = {
    ...joined.alert,
    ...(isWorse && { ...describe(finding), revision: nextRevision(joined.alert) }),
    actor: event ? betterKnown(joined.alert.actor, event.actor) : joined.alert.actor,
    odd: [
      ...new Set([
        ...(isWorse ? finding.odd : joined.alert.odd),
        ...joined.alert.odd,
        ...(finding.isPart ? [] : finding.odd),
      ]),
    ].slice(0, maxOdd),
    events,
    occurrences: joined.alert.occurrences + 1,
  }
  return {
    kept: {
      ...joined,
      alert,
      // What it was put right from was not as bad: a person has to look again.
      isOver: joined.isOver && !isWorse,
      firstAt: since < joined.firstAt ? since : joined.firstAt,
      lastAt: at > joined.lastAt ? at : joined.lastAt,
    },
    isNews: isWorse,
  }
}

const nextRevision = ({ revision = 0 }: Alert): number => revision + 1

/** The alert that takes back another one, of the revision that it has. */
export function resolveAlert(alert: Alert, now: Date, why: string): Alert {
  return {
    ...alert,
    id: `${alert.id}-over`,
    at: now.toISOString(),
    severity: 'low',
    title: `over: ${alert.title}`,
    odd: [why],
    action: 'nothing; it is good again',
    resolves: alert.id,
  }
}

function makeAlert(
  finding: Finding,
  event: RegistryEvent | undefined,
  { now, ordinal, forgotten }: { readonly now: Date; readonly ordinal: number; readonly forgotten: string },
): Alert {
  const { registry, repository, incident, epoch } = finding
  return {
    id: createHash('sha256')
      .update(JSON.stringify([incident, epoch, ordinal, forgotten]))
      .digest('hex')
      .slice(0, 32),
    group: incident,
    at: now.toISOString(),
    registry,
    repository,
    ...describe(finding),
    actor: event?.actor ?? { kind: 'unknown' },
    events: event ? [event] : [],
    occurrences: 1,
  }
}

function describe({
  kind,
  severity,
  title,
  expected,
  odd,
  action,
  tag,
  digest,
  previousDigest,
}: Finding): Pick<
  Alert,
  'kind' | 'severity' | 'title' | 'expected' | 'odd' | 'action' | 'tag' | 'digest' | 'previousDigest'
> {
  return {
    kind,
    severity,
    title,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
    ...(previousDigest !== undefined && { previousDigest }),
    expected,
    odd,
    action,
  }
}

/** Whether a finding can only be what the alert is about, and not the same once more about something else. */
function isSameFact({ kind, tag }: Finding, alert: Alert): boolean {
  if (tag !== undefined) return tag === alert.tag
  return (kind === 'manifest-deleted' || kind === 'repository-deleted') && kind === alert.kind
}

/**
 * Whether a promotion in between tells two apart. It does not where one of them came about at about its end, and the other
 * before or after it: what a look finds has no time of its own, and clocks are not the same.
 */
function isOneEpoch(
  one: Pick<KeptAlert, 'epoch' | 'firstAt' | 'lastAt'>,
  other: Pick<KeptAlert, 'epoch' | 'firstAt' | 'lastAt'>,
): boolean {
  if (one.epoch === other.epoch) return true
  const [before, after] = one.epoch < other.epoch ? [one, other] : [other, one]
  // It was joined with what came afterwards already.
  if (before.lastAt >= after.epoch) return true
  return after.firstAt < after.epoch && Date.parse(before.lastAt) > Date.parse(after.epoch) - longestSkewMs
}

function isNear(at: string, firstAt: string, lastAt: string): boolean {
  const time = Date.parse(at)
  return time >= Date.parse(firstAt) - joinMs && time <= Date.parse(lastAt) + joinMs
}

function betterKnown(one: Alert['actor'], other: Alert['actor']): Alert['actor'] {
  const rank = ({ kind }: Alert['actor']) => actorKnowledge.indexOf(kind)
  return rank(other) < rank(one) ? other : one
}

/** When it happened, as far as that can be read. */
function instantOf(event: Pick<RegistryEvent, 'time'> | undefined, now: Date): string {
  const time = Date.parse(event?.time ?? '')
  // What is known already has happened, whatever the registry's clock says.
  return new Date(Number.isNaN(time) ? now : Math.min(time, now.getTime())).toISOString()
}
