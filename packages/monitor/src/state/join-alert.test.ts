import { digestOf } from '@sallyport/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RegistryEvent } from '../event/registry-event.ts'
import type { Finding } from '../judge/finding.ts'
import { joinAlert, type KeptAlert } from './join-alert.ts'

const minute = 60_000
const hour = 60 * minute
const start = Date.parse('2026-11-26T12:00:00.000Z')
const iso = (offsetMs: number): string => new Date(start + offsetMs).toISOString()

const finding: Finding = {
  kind: 'unauthorised-push',
  severity: 'critical',
  incident: 'push registry.example/prod/app:1@bad',
  epoch: '',
  registry: 'registry.example',
  repository: 'prod/app',
  tag: '1',
  digest: digestOf('bad'),
  title: 'a push',
  expected: 'a promotion',
  odd: [],
  action: 'look',
}
const eventOf = (source: string, time: string, since?: string): RegistryEvent => ({
  id: `${source} ${time} ${since}`,
  source,
  time,
  ...(since !== undefined && { since }),
  action: 'push',
  actor: { kind: 'unknown' },
  registry: 'registry.example',
  repository: 'prod/app',
  tag: '1',
})

interface Telling {
  readonly finding: Finding
  readonly event: RegistryEvent
}
const ms = (min: number, max: number) => fc.integer({ min, max })
const worse = fc.constantFrom<Partial<Finding>>({}, { kind: 'wrong-hand', severity: 'high' })
/** A push at the start: what tells of it has its time, give or take, or says that it was between two. */
const teller = fc.oneof(
  fc.record({ by: fc.constant('source'), at: ms(-1000, 1000), worse }),
  fc.record({ by: fc.constant('look'), since: ms(-10 * hour, -1000), at: ms(1000, 10 * hour), worse }),
  fc.record({ by: fc.constant('line'), since: ms(-10 * hour, -1000), at: ms(1000, 10 * hour), worse }),
)
const tellings = fc.array(teller, { minLength: 1, maxLength: 6 }).map((all) =>
  all.map((each): Telling => {
    const told = { ...finding, ...each.worse }
    if (!('since' in each)) return { finding: told, event: eventOf('source', iso(each.at)) }
    if (each.by === 'look')
      return { finding: told, event: eventOf('snapshot', iso(each.at), iso(each.since)) }
    return { finding: { ...told, until: iso(each.at) }, event: eventOf('log', iso(each.since)) }
  }),
)

function join(all: readonly Telling[], kept: readonly KeptAlert[] = []): readonly KeptAlert[] {
  const alerts = [...kept]
  for (const { finding, event } of all) {
    const { kept } = joinAlert(alerts, finding, event, {
      now: new Date(start + 24 * hour),
    })
    const position = alerts.findIndex(({ alert }) => alert.id === kept.alert.id)
    alerts.splice(position < 0 ? alerts.length : position, 1, kept)
  }
  return alerts
}
const textOf = ({ alert: { id, kind, severity, occurrences }, firstAt, lastAt }: KeptAlert) => ({
  id,
  kind,
  severity,
  occurrences,
  firstAt,
  lastAt,
})

describe('joinAlert', () => {
  it('makes one alert of what was done once, the same one in whatever order it is told', () => {
    const orders = tellings.chain((all) =>
      fc.record({
        all: fc.constant(all),
        other: fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
      }),
    )
    fc.assert(
      fc.property(orders, ({ all, other }) => {
        const [one, ...more] = join(all)
        expect(more).toEqual([])
        expect(join(other).map(textOf)).toEqual([textOf(one!)])
      }),
      { numRuns: 500 },
    )
  })

  it('makes one alert of a push at about the end of a promotion, whatever tells of it first', () => {
    const epoch = iso(500)
    const before = { finding, event: eventOf('source', iso(0)) }
    const look = (sinceMs: number, atMs: number): Telling => ({
      finding: { ...finding, epoch },
      event: eventOf('snapshot', iso(atMs), iso(sinceMs)),
    })
    // Each of the later looks begins where something was found before.
    const looks = [look(-5 * minute, 10_000), look(0, 12_000), look(10_000, 14_000)]
    for (let position = 0; position <= looks.length; position++)
      expect(join(looks.toSpliced(position, 0, before))).toHaveLength(1)
  })

  it('makes another one of what is done after it was put right, whatever was told of the first', () => {
    fc.assert(
      fc.property(tellings, ms(2000, 2 * hour), ms(1, 2 * hour), (all, seenMs, againMs) => {
        const first = join(all)
        const seenAt = Date.parse(first[0]!.lastAt) - start + seenMs
        const again = {
          finding: { ...finding, after: iso(seenAt) },
          event: eventOf('source', iso(seenAt + againMs)),
        }
        expect(join([again], first)).toHaveLength(2)
        // What tells of the first one late is none.
        const late = { finding: again.finding, event: eventOf('audit', iso(0)) }
        expect(join([late, again, late], first)).toHaveLength(2)
      }),
      { numRuns: 300 },
    )
  })
})
