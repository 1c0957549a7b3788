import { digestOf } from '@sallyport/core'
import type { Journal, PromotionStart, ReleaseRecord } from '@sallyport/gate'
import { describe, expect, it } from 'vitest'
import type { ContractSubject } from './contract-subject.ts'

/** Options of {@link describeJournalContract}. */
export interface JournalContractOptions {
  /** A new, empty journal, as what opens it: each call opens it once more, as another process would. */
  readonly create: () => Promise<ContractSubject<() => Promise<Journal>>>
  /** Whether it can be opened more than once. Default `true`; `false` for one in memory. */
  readonly shared?: boolean | undefined
}

const time = (minute: number): string => new Date(Date.UTC(2026, 10, 25, 10, minute)).toISOString()
const key = digestOf('key')
const destination = 'prod.example/app:1'
const promotion: PromotionStart = {
  key,
  source: 'build.example/app:1',
  sourceDigest: digestOf('source'),
  destination,
  tier: 'prod',
  policyDigest: digestOf('policy'),
  startedAt: time(0),
}
const finished = { finishedAt: time(5), verdict: 'pass', targetDigest: digestOf('target') } as const
const line = 'prod.example/app'
const purl = 'pkg:deb/debian/zlib1g@1.2.13?arch=amd64'

const recordOf = (name: string, minute: number, more: Partial<ReleaseRecord> = {}): ReleaseRecord => ({
  schema: 'https://sallyport.dev/schemas/release-record/v1',
  key: digestOf(name),
  source: { name: 'build.example/app:1', digest: digestOf('source') },
  target: { name: destination, digest: digestOf(`target of ${name}`) },
  tier: 'prod',
  platforms: [],
  decision: {
    schema: 'https://sallyport.dev/schemas/decision/v1',
    verdict: 'pass',
    subject: digestOf('source'),
    destination,
    tier: 'prod',
    policy: { source: 'gate.yaml', digest: digestOf('policy') },
    evaluatedAt: time(0),
    reasons: [],
    rules: [],
    findings: [],
    waivers: [],
    inputs: {
      policy: { source: 'gate.yaml', digest: digestOf('policy') },
      waivers: [],
      scanners: [],
      evidence: [],
      packages: 0,
    },
  },
  evidence: [],
  signers: { evidence: 'e', release: 'r' },
  startedAt: time(0),
  finishedAt: time(minute),
  steps: [],
  ...more,
})

/**
 * The laws of the port `Journal`: what is kept stays, whole and once, for everyone who shares it. Call it in a vitest
 * file.
 *
 * @param name What is tested, for the titles.
 */
export function describeJournalContract(
  name: string,
  { create, shared = true }: JournalContractOptions,
): void {
  const withJournal = async (
    work: (journal: Journal, open: () => Promise<Journal>) => Promise<void>,
  ): Promise<void> => {
    await using created = await create()
    await using journal = await created.subject()
    await work(journal, created.subject)
  }

  describe(`${name} as a Journal`, () => {
    describe('promotions', () => {
      it('are found as they began and ended', () =>
        withJournal(async (journal) => {
          expect(await journal.begin({ ...promotion, previousDigest: digestOf('old') })).toEqual({
            attempt: 1,
            startedAt: time(0),
            resumed: false,
          })
          const begun = { ...promotion, lastStartedAt: time(0), attempt: 1, previousDigest: digestOf('old') }
          expect(await journal.find(key)).toMatchObject(begun)
          expect((await journal.find(key))?.finishedAt).toBeUndefined()
          await journal.finish(key, finished)
          expect(await journal.find(key)).toMatchObject({ ...begun, ...finished })
          expect(await journal.find(digestOf('another'))).toBeUndefined()
        }))

      it('go on after a crash, and begin anew after an end', () =>
        withJournal(async (journal) => {
          await journal.begin(promotion)
          expect(await journal.begin({ ...promotion, startedAt: time(1) })).toEqual({
            attempt: 1,
            startedAt: time(0),
            resumed: true,
          })
          await journal.finish(key, finished)
          expect(await journal.begin({ ...promotion, startedAt: time(9) })).toEqual({
            attempt: 2,
            startedAt: time(9),
            resumed: false,
          })
          const record = await journal.find(key)
          expect(record).toMatchObject({ startedAt: time(0), lastStartedAt: time(9), attempt: 2 })
          expect(record).toMatchObject({ finishedAt: undefined, verdict: undefined })
        }))

      it('do not go on when the attempt is too old', () =>
        withJournal(async (journal) => {
          await journal.begin(promotion)
          const again = { ...promotion, startedAt: time(30) }
          expect(await journal.begin({ ...again, resumeSince: time(1) })).toMatchObject({
            attempt: 2,
            resumed: false,
          })
          expect(await journal.begin({ ...again, resumeSince: time(30) })).toMatchObject({
            attempt: 2,
            resumed: true,
          })
        }))

      it('keep the promoted digest, and what was there before it, when a later attempt ends in error', () =>
        withJournal(async (journal) => {
          await journal.begin({ ...promotion, previousDigest: digestOf('old') })
          await journal.finish(key, finished)
          await journal.begin({ ...promotion, startedAt: time(9), previousDigest: finished.targetDigest })
          await journal.finish(key, { finishedAt: time(10), verdict: 'error' })
          expect(await journal.find(key)).toMatchObject({
            verdict: 'error',
            targetDigest: finished.targetDigest,
            previousDigest: digestOf('old'),
          })
        }))

      it('are not ended by who works on an earlier attempt', () =>
        withJournal(async (journal) => {
          await journal.begin(promotion)
          await journal.finish(key, { ...finished, attempt: 1 })
          await journal.begin({ ...promotion, startedAt: time(9) })
          await journal.finish(key, { finishedAt: time(10), verdict: 'error', attempt: 1 })
          expect((await journal.find(key))?.finishedAt).toBeUndefined()
        }))

      it('are listed by page, the latest first, as filters say', () =>
        withJournal(async (journal) => {
          for (let n = 0; n < 7; n++) {
            const own = {
              ...promotion,
              key: digestOf(`key ${n}`),
              startedAt: time(n % 3),
              tier: n < 4 ? 'dev' : 'prod',
            }
            await journal.begin({ ...own, destination: `prod.example/app:${n % 2}` })
            if (n > 4)
              await journal.finish(own.key, { finishedAt: time(9), verdict: n > 5 ? 'pass' : 'fail' })
          }
          const all = (await journal.list()).items
          expect(all).toHaveLength(7)
          const starts = all.map(({ lastStartedAt }) => lastStartedAt)
          expect(starts).toEqual([...starts].sort().reverse())

          const pages: string[][] = []
          for (let cursor: string | undefined, first = true; first || cursor; first = false) {
            const page = await journal.list({ limit: 3, cursor })
            pages.push(page.items.map((item) => item.key))
            cursor = page.next
          }
          expect(pages.map(({ length }) => length)).toEqual([3, 3, 1])
          expect(pages.flat()).toEqual(all.map((item) => item.key))

          const count = async (filter: Parameters<Journal['list']>[0]): Promise<number> =>
            (await journal.list(filter)).items.length
          expect(await count({ tier: 'dev' })).toBe(4)
          expect(await count({ destination: 'prod.example/app:1' })).toBe(3)
          expect(await count({ source: 'build.example/other:1' })).toBe(0)
          expect(await count({ verdict: 'fail' })).toBe(1)
          expect(await count({ state: 'finished' })).toBe(2)
          expect(await count({ state: 'unfinished', since: time(2) })).toBe(1)
        }))

      it.each([
        ['a limit of nothing', { limit: 0 }],
        ['a limit beyond 1,000', { limit: 1001 }],
        ['half a limit', { limit: 1.5 }],
        ['a cursor of nobody', { cursor: 'bm9ib2R5' }],
        ['a cursor of another list', { cursor: Buffer.from('["a","b","c"]').toString('base64url') }],
        ['a time that is none', { since: 'yesterday' }],
        ['a time without a zone', { since: '2026-11-25T10:00:00' }],
      ])('are not listed by %s', (_title, filter) =>
        withJournal((journal) =>
          expect(journal.list(filter)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' }),
        ),
      )
    })

    describe('steps', () => {
      it('are kept once for an attempt, in the order in which they ended', () =>
        withJournal(async (journal) => {
          const { attempt } = await journal.begin(promotion)
          const output = { digest: digestOf('x'), list: [1, null, 'text'], nested: { yes: true } }
          const step = { name: 'resolve', output, summary: 'one image', at: time(1) }
          expect(await journal.saveStep(key, attempt, step)).toEqual(step)
          expect(
            await journal.saveStep(key, attempt, { name: 'a scan', output: null, at: time(2) }),
          ).toMatchObject({
            output: null,
            summary: '',
          })
          // Who was slower takes what the other one kept.
          expect(await journal.saveStep(key, attempt, { ...step, output: 'another', at: time(3) })).toEqual(
            step,
          )
          expect(await journal.findStep(key, attempt, 'resolve')).toEqual(step)
          expect((await journal.steps(key)).map((each) => each.name)).toEqual(['resolve', 'a scan'])
        }))

      it('are those of their attempt', () =>
        withJournal(async (journal) => {
          const first = await journal.begin(promotion)
          await journal.saveStep(key, first.attempt, { name: 'resolve', output: 1, at: time(1) })
          await journal.finish(key, finished)
          const second = await journal.begin({ ...promotion, startedAt: time(9) })
          expect(await journal.findStep(key, second.attempt, 'resolve')).toBeUndefined()
          expect(await journal.steps(key)).toEqual([])
          expect(await journal.steps(key, first.attempt)).toMatchObject([{ name: 'resolve', output: 1 }])
          expect(await journal.steps(digestOf('another'))).toEqual([])
        }))

      it('are refused without a promotion, and when they are not small', () =>
        withJournal(async (journal) => {
          const step = { name: 'resolve', output: null, at: time(1) }
          const refused = { name: 'GateError', code: 'OPTIONS_INVALID' }
          await expect(journal.saveStep(key, 1, step)).rejects.toMatchObject(refused)
          await journal.begin(promotion)
          const large = { ...step, output: 'x'.repeat(1024 * 1024) }
          await expect(journal.saveStep(key, 1, large)).rejects.toMatchObject(refused)
          await expect(journal.saveStep(key, 1, { ...step, at: 'now' })).rejects.toMatchObject(refused)
          expect(await journal.steps(key)).toEqual([])
        }))
    })

    it('keeps evidence of each judgement, the latest of each', () =>
      withJournal(async (journal) => {
        await journal.begin(promotion)
        const evidence = { judgement: digestOf('j'), decidedAt: time(1), documents: '[]' }
        await journal.saveEvidence(key, evidence)
        await journal.saveEvidence(key, { ...evidence, documents: '["\\u0000 ∂ 😀"]' })
        expect(await journal.findEvidence(key, digestOf('j'))).toEqual({
          ...evidence,
          documents: '["\\u0000 ∂ 😀"]',
        })
        expect(await journal.findEvidence(key, digestOf('another'))).toBeUndefined()
        expect(await journal.findEvidence(digestOf('another'), digestOf('j'))).toBeUndefined()
      }))

    describe('release records', () => {
      it('are kept once for an attempt', () =>
        withJournal(async (journal) => {
          const record = recordOf('key', 5)
          expect(await journal.findRecord(record.key)).toBeUndefined()
          expect(await journal.saveRecord(record, 1)).toEqual(record)
          expect(await journal.saveRecord({ ...record, finishedAt: time(6) }, 1)).toEqual(record)
          expect(await journal.findRecord(record.key)).toEqual(record)
          await journal.saveRecord({ ...record, finishedAt: time(7) }, 2)
          expect(await journal.findRecord(record.key)).toMatchObject({ finishedAt: time(7) })
          expect((await journal.listRecords()).items).toHaveLength(2)
        }))

      it('are listed by page, the latest first, as filters say', () =>
        withJournal(async (journal) => {
          const other = { name: 'prod.example/other:1', digest: digestOf('other') }
          await journal.saveRecord(recordOf('1', 1), 1)
          await journal.saveRecord(recordOf('2', 3, { release: 'r7' }), 1)
          await journal.saveRecord(recordOf('3', 2, { target: other, tier: 'dev', release: 'r7' }), 1)
          const keys = async (filter?: Parameters<Journal['listRecords']>[0]): Promise<string[]> =>
            (await journal.listRecords(filter)).items.map((record) => record.key)
          expect(await keys()).toEqual(['2', '3', '1'].map((each) => digestOf(each)))
          expect(await keys({ destination })).toEqual(['2', '1'].map((each) => digestOf(each)))
          expect(await keys({ digest: other.digest })).toEqual(['3'].map((each) => digestOf(each)))
          expect(await keys({ tier: 'dev', release: 'r7' })).toEqual(['3'].map((each) => digestOf(each)))
          expect(await keys({ since: time(2) })).toEqual(['2', '3'].map((each) => digestOf(each)))
          const page = await journal.listRecords({ limit: 2 })
          expect(await keys({ limit: 2, cursor: page.next })).toEqual(['1'].map((each) => digestOf(each)))
        }))
    })

    describe('cancellation', () => {
      const request = { actor: 'anna', reason: 'wrong branch', at: time(2) }

      it('is seen by the attempt under way, as first asked', () =>
        withJournal(async (journal) => {
          await journal.begin(promotion)
          expect(await journal.cancellation(key)).toBeUndefined()
          expect(await journal.requestCancellation(key, request)).toBe(true)
          expect(await journal.requestCancellation(key, { ...request, actor: 'ben' })).toBe(true)
          expect(await journal.cancellation(key)).toEqual(request)
          // A crash does not undo it.
          await journal.begin({ ...promotion, startedAt: time(3) })
          expect(await journal.cancellation(key)).toEqual(request)
        }))

      it('does not reach the attempt after', () =>
        withJournal(async (journal) => {
          await journal.begin(promotion)
          await journal.requestCancellation(key, request)
          await journal.finish(key, { finishedAt: time(4), verdict: 'error' })
          await journal.begin({ ...promotion, startedAt: time(9) })
          expect(await journal.cancellation(key)).toBeUndefined()
        }))

      it('is told to be pointless when nothing is under way', () =>
        withJournal(async (journal) => {
          expect(await journal.requestCancellation(key, request)).toBe(false)
          await journal.begin(promotion)
          await journal.finish(key, finished)
          expect(await journal.requestCancellation(key, request)).toBe(false)
          expect(await journal.cancellation(key)).toBeUndefined()
        }))
    })

    describe('first-seen times', () => {
      const finding = { id: 'CVE-2026-1', aliases: ['GHSA-1'], purl }

      it('are noted once', () =>
        withJournal(async (journal) => {
          expect(await journal.firstSeen(line, [finding])).toEqual([undefined])
          expect(await journal.noteFirstSeen(line, [finding], time(1))).toEqual([time(1)])
          expect(await journal.noteFirstSeen(line, [finding], time(2))).toEqual([time(1)])
          expect(await journal.firstSeen(line, [finding])).toEqual([time(1)])
          expect(await journal.noteFirstSeen(line, [], time(2))).toEqual([])
        }))

      it.each([
        ['another version', { ...finding, purl: 'pkg:deb/debian/zlib1g@1.2.14' }],
        ['another architecture', { ...finding, purl: `${purl.replace('amd64', 'arm64')}` }],
        ['an alias', { id: 'GHSA-1', purl }],
        ['an id in small letters', { id: 'cve-2026-1', purl }],
        ['a name of its own, that one as alias', { id: 'DSA-7', aliases: ['GHSA-1'], purl }],
      ])('hold for %s', (_title, other) =>
        withJournal(async (journal) => {
          await journal.noteFirstSeen(line, [finding], time(1))
          expect(await journal.noteFirstSeen(line, [other], time(9))).toEqual([time(1)])
          // And whoever comes by that name alone, later.
          expect(await journal.firstSeen(line, [{ id: other.id, purl }])).toEqual([time(1)])
        }),
      )

      it.each([
        ['another image line', 'prod.example/other', finding],
        ['another package', line, { ...finding, purl: 'pkg:deb/debian/zlib1g-dev@1.2.13' }],
        ['the package of another ecosystem', line, { ...finding, purl: 'pkg:apk/alpine/zlib1g@1.2.13' }],
        ['another vulnerability', line, { id: 'CVE-2026-10', purl }],
      ])('do not hold for %s', (_title, otherLine, other) =>
        withJournal(async (journal) => {
          await journal.noteFirstSeen(line, [finding], time(1))
          expect(await journal.noteFirstSeen(otherLine, [other], time(9))).toEqual([time(9)])
        }),
      )

      it('are the earliest of all names, also of findings that prove to be one', () =>
        withJournal(async (journal) => {
          await journal.noteFirstSeen(line, [{ id: 'CVE-2026-1', purl }], time(1))
          await journal.noteFirstSeen(line, [{ id: 'GHSA-1', purl }], time(2))
          const chained = [
            { id: 'DSA-7', aliases: ['GHSA-1'], purl },
            { id: 'CVE-2026-1', aliases: ['GHSA-1'], purl },
            { id: 'CVE-2026-9', purl },
          ]
          expect(await journal.noteFirstSeen(line, chained, time(9))).toEqual([time(1), time(1), time(9)])
          expect(await journal.firstSeen(line, [{ id: 'DSA-7', purl }])).toEqual([time(1)])
        }))

      it('are noted for thousands of findings at once', { timeout: 60_000 }, () =>
        withJournal(async (journal) => {
          const many = Array.from({ length: 5000 }, (_, n) => ({
            id: `CVE-2026-${n}`,
            aliases: [`GHSA-${n}`],
            purl: `pkg:npm/package-${n % 500}@1.0.0`,
          }))
          expect(new Set(await journal.noteFirstSeen(line, many, time(1)))).toEqual(new Set([time(1)]))
          const later = await journal.noteFirstSeen(line, [...many, finding], time(2))
          expect(later.filter((at) => at === time(1))).toHaveLength(5000)
          expect(later.at(-1)).toBe(time(2))
        }),
      )
    })

    it('keeps the latest scan of a digest', () =>
      withJournal(async (journal) => {
        const scan = { evaluatedAt: time(5), packages: 4, findings: [{ id: 'CVE-2026-1', purl }] }
        expect(await journal.previousScan(digestOf('image'))).toBeUndefined()
        await journal.saveScan(digestOf('image'), scan)
        await journal.saveScan(digestOf('image'), { ...scan, evaluatedAt: time(1), packages: 0 })
        expect(await journal.previousScan(digestOf('image'))).toEqual(scan)
        await journal.saveScan(digestOf('image'), { ...scan, evaluatedAt: time(6), packages: 5 })
        expect(await journal.previousScan(digestOf('image'))).toMatchObject({ packages: 5 })
        expect(await journal.previousScan(digestOf('another'))).toBeUndefined()
      }))

    it('forgets how old promotions went, and never what was released or seen', () =>
      withJournal(async (journal) => {
        for (const [name, minute] of [
          ['old', 1],
          ['new', 9],
          ['unfinished', undefined],
        ] as const) {
          const own = digestOf(name)
          await journal.begin({ ...promotion, key: own })
          await journal.saveStep(own, 1, { name: 'resolve', output: 1, at: time(0) })
          await journal.saveEvidence(own, { judgement: digestOf('j'), decidedAt: time(0), documents: '[]' })
          await journal.saveScan(own, { evaluatedAt: time(minute ?? 9), packages: 1, findings: [] })
          if (minute !== undefined) await journal.finish(own, { finishedAt: time(minute), verdict: 'pass' })
        }
        await journal.saveRecord(recordOf('old', 1), 1)
        await journal.noteFirstSeen(line, [{ id: 'CVE-2026-1', purl }], time(0))

        expect(await journal.prune({ before: time(5) })).toEqual({ steps: 1, evidence: 1, scans: 1 })
        expect(await journal.steps(digestOf('old'))).toEqual([])
        expect(await journal.findEvidence(digestOf('old'), digestOf('j'))).toBeUndefined()
        expect(await journal.previousScan(digestOf('old'))).toBeUndefined()
        for (const kept of ['new', 'unfinished']) {
          expect(await journal.steps(digestOf(kept))).toHaveLength(1)
          expect(await journal.findEvidence(digestOf(kept), digestOf('j'))).toBeDefined()
          expect(await journal.previousScan(digestOf(kept))).toBeDefined()
        }
        expect(await journal.find(digestOf('old'))).toMatchObject({ verdict: 'pass' })
        expect(await journal.findRecord(digestOf('old'))).toEqual(recordOf('old', 1))
        expect(await journal.firstSeen(line, [{ id: 'CVE-2026-1', purl }])).toEqual([time(0)])
        await expect(journal.prune({ before: 'soon' })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
      }))

    describe('leases', () => {
      it('are of one holder at a time, and free again afterwards', () =>
        withJournal(async ({ leases }) => {
          const lease = await leases.acquire(destination)
          expect(lease).toBeDefined()
          expect(await leases.acquire(destination)).toBeUndefined()
          const other = await leases.acquire('prod.example/other:1')
          expect(other).toBeDefined()
          await lease![Symbol.asyncDispose]()
          const next = await leases.acquire(destination)
          expect(next).toBeDefined()
          // Letting go twice takes it from nobody.
          await lease![Symbol.asyncDispose]()
          expect(await leases.acquire(destination)).toBeUndefined()
          await next![Symbol.asyncDispose]()
          await other![Symbol.asyncDispose]()
        }))

      it('go to exactly one of many who ask at once', () =>
        withJournal(async ({ leases }) => {
          const asked = await Promise.all(Array.from({ length: 20 }, () => leases.acquire(destination)))
          expect(asked.filter((lease) => lease !== undefined)).toHaveLength(1)
        }))
    })

    const describeShared = shared ? describe : undefined
    describeShared?.('shared with others', () => {
      it('shows them what was kept, also after it was closed', () =>
        withJournal(async (journal, open) => {
          await journal.begin(promotion)
          await using other = await open()
          await other.saveStep(key, 1, { name: 'resolve', output: 1, at: time(1) })
          expect(await journal.steps(key)).toHaveLength(1)
          await other[Symbol.asyncDispose]()
          await using third = await open()
          expect(await third.findStep(key, 1, 'resolve')).toMatchObject({ output: 1 })
        }))

      it('lets one of them hold a lease, until it lets go or is closed', () =>
        withJournal(async (journal, open) => {
          await using other = await open()
          const lease = await journal.leases.acquire(destination)
          expect(await other.leases.acquire(destination)).toBeUndefined()
          await lease![Symbol.asyncDispose]()
          expect(await other.leases.acquire(destination)).toBeDefined()
          expect(await journal.leases.acquire(destination)).toBeUndefined()
          await other[Symbol.asyncDispose]()
          expect(await expectEventually(() => journal.leases.acquire(destination))).toBeDefined()
        }))

      it('keeps one of what several of them write at once', { timeout: 60_000 }, () =>
        withJournal(async (journal, open) => {
          await using other = await open()
          const both = [journal, other]
          const begun = await Promise.all(both.map((each) => each.begin(promotion)))
          expect(begun.map(({ attempt }) => attempt)).toEqual([1, 1])
          const kept = await Promise.all(
            both.flatMap((each, who) =>
              Array.from({ length: 10 }, (_, n) =>
                each.saveStep(key, 1, { name: `step ${n}`, output: who, at: time(n) }),
              ),
            ),
          )
          const steps = new Map((await journal.steps(key)).map((step) => [step.name, step.output]))
          expect(steps.size).toBe(10)
          for (const step of kept) expect(step.output).toBe(steps.get(step.name))

          const seen = await Promise.all(
            both.flatMap((each, who) =>
              Array.from({ length: 10 }, (_, n) =>
                each.noteFirstSeen(line, [{ id: `CVE-2026-${n}`, purl }], time(who)),
              ),
            ),
          )
          const now = await journal.firstSeen(
            line,
            Array.from({ length: 10 }, (_, n) => ({ id: `CVE-2026-${n}`, purl })),
          )
          expect(now.every((at) => at !== undefined)).toBe(true)
          expect(seen.flat()).toHaveLength(20)
        }),
      )
    })

    it('refuses to work once it is closed', () =>
      withJournal(async (journal) => {
        await journal[Symbol.asyncDispose]()
        await expect(journal.find(key)).rejects.toMatchObject({
          name: 'GateError',
          code: 'JOURNAL_UNAVAILABLE',
        })
        await journal[Symbol.asyncDispose]()
      }))
  })
}

/** A server may notice the end of a connection a moment after it. */
async function expectEventually<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (let tries = 0; tries < 200; tries++) {
    const found = await look()
    if (found !== undefined) return found
  }
  return undefined
}
