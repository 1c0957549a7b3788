import type { Digest } from '@sallyport/core'
import type { Journal, PromotionRecord } from '@sallyport/gate'

/** The part of the gate's journal that is read. */
export type ReadJournal = Pick<Journal, 'list' | 'listRecords' | 'leases'>

/** When what a promotion does may be seen, in events and on other clocks. */
export interface PromotionWindow {
  /** How far clocks may be apart, in milliseconds. Default two minutes. */
  readonly skewMs?: number | undefined
  /** How long after its end its pushes may be reported with a later time, in milliseconds. Default ten minutes. */
  readonly afterMs?: number | undefined
  /** How long a promotion takes at most, in milliseconds. Default an hour. */
  readonly longestMs?: number | undefined
}

/** A window with its defaults. */
export type ResolvedWindow = { readonly [name in keyof PromotionWindow]-?: number }

/** Fills in the defaults. */
export function resolveWindow({
  skewMs = 120_000,
  afterMs = 600_000,
  longestMs = 3_600_000,
}: PromotionWindow = {}): ResolvedWindow {
  return { skewMs, afterMs, longestMs }
}

/** What the journal says of a digest at a destination, at a time. */
export interface JournalSight {
  /**
   * `window`: a promotion put it there about then. `latest`: it was put there before, by the promotion that was the
   * latest one then. `older`: others had followed. `later`: only afterwards. `none`: never.
   */
  readonly state: 'window' | 'latest' | 'older' | 'later' | 'none'
  readonly key?: string | undefined
  readonly isRollback?: boolean | undefined
  /** ISO 8601: end of the promotion that was the latest one then, whatever it promoted; empty when none was. */
  readonly epoch: string
  /** What that one promoted. */
  readonly latest?: Digest | undefined
  /** The promotion that has ended last of all, also when it did so afterwards. */
  readonly newest?: { readonly digest: Digest; readonly endedAt: Date } | undefined
}

/** Reads the journal, each thing once. */
export interface JournalView {
  find(destination: string, digest: Digest | undefined, at: Date): Promise<JournalSight>
  /** Attempts that have not ended. `destination` may be a repository. */
  inFlight(destination: string, at: Date): Promise<PromotionRecord | undefined>
  /** Promotions to any tag of a repository that were under way about then, however they ended. */
  about(place: string, at: Date): Promise<readonly PromotionRecord[]>
  /** What a manifest was evidence about that a promotion to a tag of a repository attached about then, by its record. */
  attachedTo(place: string, manifest: Digest, at: Date): Promise<Digest | undefined>
}

/** A promotion by its record, with the subjects of what it attached by their manifests. */
interface RecordedSpan extends Span {
  readonly attached: ReadonlyMap<Digest, Digest>
}

interface Span {
  readonly key: string
  readonly digest: Digest
  readonly from: number
  readonly to: number
  readonly isRollback?: boolean
}

const perDestination = 100
const maxPages = 20

/** Opens a view of the journal for one batch. */
export function openJournalView(
  journal: ReadJournal,
  { window, now }: { readonly window: ResolvedWindow; readonly now: Date },
): JournalView {
  const { skewMs, afterMs, longestMs } = window
  const lists = new Map<string, Promise<readonly Span[]>>()
  const records = new Map<string, Promise<readonly RecordedSpan[]>>()
  let unfinished: Promise<readonly PromotionRecord[]> | undefined
  const recent = new Map<string, Promise<readonly PromotionRecord[]>>()

  const list = (destination: string): Promise<readonly Span[]> => {
    const found = lists.get(destination) ?? listSpans(destination)
    lists.set(destination, found)
    return found
  }
  const listSpans = async (destination: string): Promise<readonly Span[]> => {
    const { items } = await journal.list({ destination, verdict: 'pass', limit: perDestination })
    return items.flatMap(({ key, targetDigest, lastStartedAt, finishedAt }) =>
      targetDigest && finishedAt
        ? [{ key, digest: targetDigest, from: Date.parse(lastStartedAt), to: Date.parse(finishedAt) }]
        : [],
    )
  }
  /** Each attempt by itself, also those after which others of the same key followed; costs more to read. */
  const listRecords = (destination: string, digest: Digest | undefined): Promise<readonly RecordedSpan[]> => {
    const name = `${destination} ${digest ?? ''}`
    const found =
      records.get(name) ??
      journal.listRecords({ destination, digest, limit: 20 }).then(({ items }) =>
        items.map(({ key, target, startedAt, finishedAt, rollback, evidence }) => ({
          key,
          digest: target.digest,
          from: Date.parse(startedAt),
          to: Date.parse(finishedAt),
          isRollback: rollback !== undefined,
          attached: new Map(
            evidence.flatMap(({ subject, pieces }) =>
              pieces.map(({ manifest }) => [manifest, subject] as const),
            ),
          ),
        })),
      )
    records.set(name, found)
    return found
  }
  const isWithin = (time: number, { from, to }: Span) => time >= from - skewMs && time <= to + afterMs
  const latestAt = (spans: readonly Span[], time: number): Span | undefined =>
    spans
      .filter(({ to }) => to <= time)
      .reduce<Span | undefined>(
        (best, each) => (best === undefined || each.to > best.to ? each : best),
        undefined,
      )

  return {
    async find(destination, digest, at) {
      const time = at.getTime()
      const short = await list(destination)
      const now = short.find((each) => each.digest === digest && isWithin(time, each))
      const before = latestAt(short, time)
      const newest = latestAt(short, Infinity)
      if (now) return describe('window', now, before, newest)
      const spans = [
        ...short,
        ...(await listRecords(destination, undefined)),
        ...(digest ? await listRecords(destination, digest) : []),
      ]
      const latest = latestAt(spans, time)
      const ofDigest = spans.filter((each) => each.digest === digest)
      const within = ofDigest.find((each) => isWithin(time, each))
      if (within) return describe('window', within, latest, newest)
      if (latest && latest.digest === digest) return describe('latest', latest, latest, newest)
      const earlier = latestAt(ofDigest, time)
      if (earlier) return describe('older', earlier, latest, newest)
      return describe(ofDigest.length > 0 ? 'later' : 'none', ofDigest[0], latest, newest)
    },
    async inFlight(destination, at) {
      unfinished ??= readAll({ state: 'unfinished', since: new Date(now.getTime() - longestMs) })
      const time = at.getTime() + skewMs
      return (await unfinished).find(
        (each) =>
          (each.destination === destination || each.destination.startsWith(`${destination}:`)) &&
          Date.parse(each.lastStartedAt) <= time,
      )
    },
    async about(place, at) {
      return (await sinceBefore(place, at)).filter(
        ({ lastStartedAt, finishedAt }) =>
          Date.parse(lastStartedAt) - skewMs <= at.getTime() &&
          (finishedAt === undefined || Date.parse(finishedAt) + afterMs >= at.getTime()),
      )
    },
    async attachedTo(place, manifest, at) {
      // One that was made again meanwhile has another time, and a record of each.
      for (const { destination, targetDigest } of await sinceBefore(place, at)) {
        const spans = await listRecords(destination, targetDigest)
        const span = spans.find((each) => isWithin(at.getTime(), each) && each.attached.has(manifest))
        if (span) return span.attached.get(manifest)
      }
      return undefined
    },
  }

  /** Promotions to any tag of a repository whose latest attempt began when one that lasts could have been under way. */
  async function sinceBefore(place: string, at: Date): Promise<readonly PromotionRecord[]> {
    // By the hour, so that events that come together share it.
    const since = Math.floor((at.getTime() - longestMs - skewMs) / 3_600_000) * 3_600_000
    const found = recent.get(String(since)) ?? readAll({ since: new Date(since) })
    recent.set(String(since), found)
    return (await found).filter(({ destination }) => destination.startsWith(`${place}:`))
  }

  async function readAll({
    state,
    since,
  }: {
    readonly state?: 'unfinished'
    readonly since: Date
  }): Promise<readonly PromotionRecord[]> {
    const all: PromotionRecord[] = []
    let cursor: string | undefined
    for (let page = 0; page < maxPages; page++) {
      const { items, next } = await journal.list({ state, since: since.toISOString(), limit: 1000, cursor })
      all.push(...items)
      if (next === undefined) break
      cursor = next
    }
    return all
  }
}

function describe(
  state: JournalSight['state'],
  span: Span | undefined,
  latest: Span | undefined,
  newest: Span | undefined,
): JournalSight {
  return {
    state,
    ...(span && { key: span.key }),
    ...(span?.isRollback && { isRollback: true }),
    epoch: latest ? new Date(latest.to).toISOString() : '',
    ...(latest && { latest: latest.digest }),
    ...(newest && { newest: { digest: newest.digest, endedAt: new Date(newest.to) } }),
  }
}
