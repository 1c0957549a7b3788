import { generateKeyPairSync } from 'node:crypto'
import { digestOf, type Verdict } from '@sallyport/core'
import type { QuarantineEvent, QuarantineOptions, QuarantineRecord, QuarantineStore } from '@sallyport/gate'
import { describe, expect, it } from 'vitest'
import type { ContractSubject } from './contract-subject.ts'
import { signWith } from './sign-with.ts'

/** Options of {@link describeQuarantineContract}. */
export interface QuarantineContractOptions {
  /** A new, empty quarantine, as what opens it with options; each call opens it once more. */
  readonly create: () => Promise<ContractSubject<(options?: QuarantineOptions) => Promise<QuarantineStore>>>
}

const time = (minute: number): string => new Date(Date.UTC(2026, 10, 25, 10, minute)).toISOString()
const clock = { now: () => new Date(time(30)) }
const idOf = (name: string): string => digestOf(name).slice('sha256:'.length, 'sha256:'.length + 32)
const purl = 'pkg:deb/debian/zlib1g@1.2.13?arch=amd64&distro=debian-12'
const signer = signWith(generateKeyPairSync('ec', { namedCurve: 'P-256' }))
const stranger = signWith(generateKeyPairSync('ec', { namedCurve: 'P-256' }))

interface Sample {
  readonly minute?: number
  readonly source?: string
  readonly destination?: string
  readonly sourceDigest?: string
  readonly tier?: string
  readonly verdict?: Verdict
  readonly effect?: 'fail' | 'error'
  readonly findings?: boolean
}

function recordOf(name: string, sample: Sample = {}): QuarantineRecord {
  const {
    minute = 0,
    source = 'build.example/app:1',
    destination = 'prod.example/app:1',
    tier = 'prod',
  } = sample
  const { sourceDigest = name, verdict = 'fail', effect = 'fail', findings = true } = sample
  const subject = digestOf(sourceDigest)
  const found = {
    id: `CVE-2026-${name.length}`,
    aliases: ['GHSA-aaaa-bbbb-cccc'],
    purl,
    severity: 'critical',
  } as const
  return {
    id: idOf(name),
    quarantinedAt: time(minute),
    source,
    sourceDigest: subject,
    destination,
    tier,
    decision: {
      schema: 'https://sallyport.dev/schemas/decision/v1',
      verdict,
      subject,
      destination,
      tier,
      policy: { source: 'gate.yaml', digest: digestOf('policy') },
      evaluatedAt: time(minute),
      reasons: [
        {
          effect,
          code: 'threshold-exceeded',
          rule: 'no critical',
          message: 'no critical: 1 of at most 0',
          ...(findings && {
            findings: [
              {
                ...found,
                package: 'zlib1g',
                version: '1.2.13',
                fix: { state: 'not-fixed', versions: [] },
                usage: 'executed',
                chain: [],
              },
            ],
          }),
        },
      ],
      rules: [],
      findings: [],
      waivers: [],
      inputs: {
        policy: { source: 'gate.yaml', digest: digestOf('policy') },
        waivers: [],
        scanners: [],
        evidence: [],
        packages: 1,
      },
    },
    platforms: [],
    explanation: 'FAIL',
    findings: findings
      ? [{ ...found, fix: { state: 'not-fixed' }, kev: false, rules: ['no critical'], platforms: [] }]
      : [],
    evidence: [],
    nextSteps: [],
  }
}

const approval = {
  approver: 'anna',
  reason: 'the function is never called',
  expires: '2026-12-24',
  signer,
} as const

/**
 * The laws of the port `QuarantineStore`: every record is decided once, and only what somebody signed lets an image
 * through. Call it in a vitest file.
 *
 * @param name What is tested, for the titles.
 */
export function describeQuarantineContract(name: string, { create }: QuarantineContractOptions): void {
  const withStore = async (
    work: (store: QuarantineStore, events: QuarantineEvent[]) => Promise<unknown>,
  ): Promise<void> => {
    const events: QuarantineEvent[] = []
    await using created = await create()
    await using store = await created.subject({ clock, onEvent: (event) => void events.push(event) })
    await work(store, events)
  }
  const conflict = { name: 'GateError', code: 'QUARANTINE_CONFLICT' }
  const invalid = { name: 'GateError', code: 'OPTIONS_INVALID' }

  describe(`${name} as a QuarantineStore`, () => {
    it('keeps the first record of an id', () =>
      withStore(async (store, events) => {
        const record = recordOf('a')
        expect(await store.put(record)).toEqual(record)
        expect(await store.put(recordOf('a', { minute: 9 }))).toEqual(record)
        expect(await store.get(record.id)).toEqual({ record, status: { state: 'open' } })
        expect(await store.get(idOf('b'))).toBeUndefined()
        expect(await store.get('../escape')).toBeUndefined()
        await expect(store.put({ ...record, id: '../escape' })).rejects.toMatchObject(invalid)
        expect(events.map(({ type, record: { id } }) => [type, id])).toEqual([['quarantined', record.id]])
      }))

    it('lists summaries by page, the latest first, as filters say', () =>
      withStore(async (store) => {
        await store.put(recordOf('a', { minute: 1 }))
        await store.put(recordOf('bb', { minute: 3, destination: 'prod.example/b:1' }))
        await store.put(recordOf('ccc', { minute: 2, source: 'build.example/100%:1', tier: 'dev' }))
        await store.reject(idOf('ccc'), { by: 'ben', reason: 'no' })
        const ids = async (filter?: Parameters<QuarantineStore['list']>[0]): Promise<readonly string[]> =>
          (await store.list(filter)).items.map(({ id }) => id)
        const [a, b, c] = ['a', 'bb', 'ccc'].map(idOf)
        expect(await ids()).toEqual([b, c, a])
        expect(await ids({ state: 'rejected' })).toEqual([c])
        expect(await ids({ destination: 'prod.example/b:1' })).toEqual([b])
        expect(await ids({ source: 'build.example/app:1', tier: 'prod' })).toEqual([b, a])
        expect(await ids({ since: time(2) })).toEqual([b, c])
        expect(await ids({ text: 'cve-2026-3' })).toEqual([c])
        expect(await ids({ text: 'ghsa-AAAA' })).toEqual([b, c, a])
        expect(await ids({ text: '%:1' })).toEqual([c])
        expect(await ids({ text: '_' })).toEqual([])
        const page = await store.list({ limit: 2 })
        expect(await ids({ limit: 2, cursor: page.next })).toEqual([a])
        expect(page.items[0]).toEqual({
          id: b,
          state: 'open',
          quarantinedAt: time(3),
          source: 'build.example/app:1',
          sourceDigest: digestOf('bb'),
          destination: 'prod.example/b:1',
          tier: 'prod',
          verdict: 'fail',
          findings: 1,
          worst: 'critical',
          reason: 'no critical: 1 of at most 0',
        })
        expect(await ids({ worst: 'critical' })).toEqual([b, c, a])
        expect(await ids({ worst: 'high' })).toEqual([])
        await expect(store.list({ text: 'x'.repeat(201) })).rejects.toMatchObject(invalid)
      }))

    it('counts what is in each state, as filters say', () =>
      withStore(async (store) => {
        const none = { open: 0, approved: 0, rejected: 0, superseded: 0 }
        expect(await store.countStates()).toEqual(none)
        const { id } = await store.put(recordOf('a'))
        await store.put(recordOf('bb', { destination: 'prod.example/b:1', tier: 'dev' }))
        await store.put(recordOf('ccc', { destination: 'prod.example/c:1' }))
        await store.approve(id, approval)
        await store.reject(idOf('ccc'), { by: 'ben', reason: 'no' })
        expect(await store.countStates()).toEqual({ ...none, open: 1, approved: 1, rejected: 1 })
        expect(await store.countStates({ tier: 'dev' })).toEqual({ ...none, open: 1 })
        expect(await store.countStates({ text: 'C:1' })).toEqual({ ...none, rejected: 1 })
        await expect(store.countStates({ text: 'x'.repeat(201) })).rejects.toMatchObject(invalid)
      }))

    describe('approval', () => {
      it('signs a waiver for each finding that stopped the image', () =>
        withStore(async (store, events) => {
          const { id } = await store.put(recordOf('a'))
          const { status } = await store.approve(id, approval)
          expect(status).toMatchObject({
            state: 'approved',
            approver: 'anna',
            expires: '2026-12-25T00:00:00.000Z',
          })
          const { files, refused } = await store.approvedWaivers({
            keys: [signer.publicKey],
            now: clock.now(),
          })
          expect(refused).toEqual([])
          expect(files).toMatchObject([
            {
              waivers: [
                {
                  vulnerability: 'CVE-2026-1',
                  scope: { package: 'pkg:deb/debian/zlib1g@1.2.13?distro=debian-12', digest: digestOf('a') },
                  tiers: ['prod'],
                  owner: 'anna',
                  expires: '2026-12-25T00:00:00.000Z',
                  granted: { at: time(30), severity: 'critical', fix: 'not-fixed', kev: false },
                },
              ],
            },
          ])
          expect(files[0]!.digest).toBe(status.state === 'approved' && status.waivers)
          expect((await store.list()).items).toMatchObject([{ id, expires: '2026-12-25T00:00:00.000Z' }])
          expect(events.map(({ type }) => type)).toEqual(['quarantined', 'approved'])
          // A millisecond before the end, and at it.
          const at = async (now: string): Promise<number> =>
            (await store.approvedWaivers({ keys: [signer.publicKey], now: new Date(now) })).files.length
          expect(await at('2026-12-24T23:59:59.999Z')).toBe(1)
          expect(await at('2026-12-25T00:00:00.000Z')).toBe(0)
        }))

      it('may hold for the repository', () =>
        withStore(async (store) => {
          const { id } = await store.put(recordOf('a'))
          await store.approve(id, { ...approval, scope: 'repository' })
          const { files } = await store.approvedWaivers({ keys: [signer.publicKey], now: clock.now() })
          expect(files[0]!.waivers[0]!.scope).toEqual({
            package: 'pkg:deb/debian/zlib1g@1.2.13?distro=debian-12',
            repository: 'prod.example/app',
          })
        }))

      it('is not believed without a known key', () =>
        withStore(async (store) => {
          const { id } = await store.put(recordOf('a'))
          await store.approve(id, { ...approval, signer: stranger })
          for (const keys of [[signer.publicKey], []]) {
            const { files, refused } = await store.approvedWaivers({ keys, now: clock.now() })
            expect(files).toEqual([])
            expect(refused).toMatchObject([{ id, message: expect.stringContaining('not believed') }])
          }
        }))

      it.each([
        ['nobody', { approver: ' ' }],
        ['without a reason', { reason: 'because' }],
        ['until a day that is none', { expires: '2026-02-30' }],
        ['for ever', { expires: 'never' }],
        ['until now', { expires: time(30) }],
        ['longer than the tier allows', { terms: { allowed: true, maxLifetimeMs: 86_400_000 } }],
        ['in a tier without waivers', { terms: { allowed: false } }],
      ])('is refused by or for %s', (_title, change) =>
        withStore(async (store) => {
          const { id } = await store.put(recordOf('a'))
          await expect(store.approve(id, { ...approval, ...change })).rejects.toMatchObject(invalid)
          expect(await store.get(id)).toMatchObject({ status: { state: 'open' } })
        }),
      )

      it.each<[string, Sample]>([
        ['an image that could not be judged', { verdict: 'error', effect: 'error' }],
        ['an error beside the findings', { effect: 'error' }],
        ['a requirement', { findings: false }],
      ])('can not waive %s', (_title, sample) =>
        withStore(async (store) => {
          const { id } = await store.put(recordOf('a', sample))
          await expect(store.approve(id, approval)).rejects.toMatchObject({
            code: 'NOT_WAIVABLE',
            message: expect.stringContaining('promote again'),
          })
        }),
      )

      it('is given once, and not after a rejection', () =>
        withStore(async (store) => {
          const first = await store.put(recordOf('a'))
          const both = await Promise.allSettled([
            store.approve(first.id, approval),
            store.approve(first.id, approval),
          ])
          expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
          await expect(store.approve(first.id, approval)).rejects.toMatchObject(conflict)
          const { id } = await store.put(recordOf('bb', { destination: 'prod.example/b:1' }))
          await store.reject(id, { by: 'ben', reason: 'no' })
          await expect(store.approve(id, approval)).rejects.toMatchObject(conflict)
          await expect(store.approve(idOf('none'), approval)).rejects.toMatchObject({
            code: 'QUARANTINE_UNKNOWN',
          })
        }))

      it('is taken back by a rejection', () =>
        withStore(async (store) => {
          const { id } = await store.put(recordOf('a'))
          await store.approve(id, approval)
          await store.reject(id, { by: 'ben', reason: 'it is called after all' })
          expect(await store.approvedWaivers({ keys: [signer.publicKey], now: clock.now() })).toEqual({
            files: [],
            refused: [],
          })
          await expect(store.reject(id, { by: 'ben', reason: 'again' })).rejects.toMatchObject(conflict)
        }))
    })

    it('keeps what an image is called, whatever characters are in it', () =>
      withStore(async (store) => {
        const record = recordOf('a')
        const [finding] = record.findings
        const named = { ...finding!, id: 'CVE\u0000-1', purl: 'pkg:npm/lib\u0000lib@1' }
        const [reason] = record.decision.reasons
        const decision = { ...record.decision, reasons: [{ ...reason!, message: 'no \u0000critical' }] }
        const { id } = await store.put({ ...record, decision, findings: [named] })
        expect((await store.get(id))?.record.findings).toEqual([named])
        expect((await store.list({ text: 'npm/lib' })).items).toMatchObject([{ id }])
      }))

    describe('a rejection that says what it has seen', () => {
      it('takes no approval back that was given meanwhile', () =>
        withStore(async (store) => {
          const { id } = await store.put(recordOf('a'))
          const rejection = { by: 'ben', reason: 'no' }
          await expect(store.reject(id, { ...rejection, ifState: 'approved' })).rejects.toMatchObject(
            conflict,
          )
          await store.approve(id, approval)
          await expect(store.reject(id, { ...rejection, ifState: 'open' })).rejects.toMatchObject(conflict)
          expect(await store.get(id)).toMatchObject({ status: { state: 'approved', approver: 'anna' } })
          const { status } = await store.reject(id, { ...rejection, ifState: 'approved' })
          expect(status).toMatchObject({ state: 'rejected', by: 'ben' })
        }))

      it.each(['rejected', 'superseded', "open') OR ('1' = '1"])('is none with %j', (ifState) =>
        withStore(async (store, events) => {
          const { id } = await store.put(recordOf('a'))
          await store.put(recordOf('b', { source: 'build.example/other:1' }))
          const rejection = { by: 'ben', reason: 'no', ifState: ifState as 'open' }
          await expect(store.reject(id, rejection)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
          expect(await store.countStates()).toMatchObject({ open: 2, rejected: 0 })
          expect(events.map(({ type }) => type)).toEqual(['quarantined', 'quarantined'])
        }),
      )
    })

    describe('pitfall 16: the push of whoever mends it', () => {
      it('takes the place of what was stopped, when it is stopped too', () =>
        withStore(async (store, events) => {
          const old = await store.put(recordOf('a', { minute: 1 }))
          const next = await store.put(recordOf('bb', { minute: 2 }))
          expect(await store.get(old.id)).toMatchObject({
            status: { state: 'superseded', cause: 'quarantined', sourceDigest: next.sourceDigest },
          })
          expect(await store.get(next.id)).toMatchObject({ status: { state: 'open' } })
          expect(events.map(({ type }) => type)).toEqual(['quarantined', 'quarantined', 'superseded'])
          await expect(store.approve(old.id, approval)).rejects.toMatchObject(conflict)
          // The same refusal told twice opens nothing; the same image refused anew does.
          await store.put(recordOf('a', { minute: 1 }))
          expect(await store.get(old.id)).toMatchObject({ status: { state: 'superseded' } })
          await store.put(recordOf('a', { minute: 3 }))
          expect(await store.get(old.id)).toMatchObject({ status: { state: 'open' } })
          expect(await store.get(next.id)).toMatchObject({ status: { state: 'superseded' } })
        }))

      it('leaves what another tier has stopped', () =>
        withStore(async (store) => {
          const old = await store.put(recordOf('a', { minute: 1 }))
          await store.put({ ...recordOf('bb', { minute: 2 }), tier: 'trial' })
          expect(await store.get(old.id)).toMatchObject({ status: { state: 'open' } })
        }))

      it('takes the place of what was stopped, when it is promoted', () =>
        withStore(async (store) => {
          const source = { source: 'build.example/app:1', destination: 'prod.example/app:1' }
          const old = await store.put(recordOf('a', { minute: 1 }))
          const other = await store.put(recordOf('bb', { minute: 1, destination: 'prod.example/b:1' }))
          const newer = { ...source, tier: old.tier, sourceDigest: digestOf('fixed'), resolvedAt: time(2) }
          // What passes under other rules says nothing of these.
          expect(await store.supersede({ ...newer, tier: 'trial' })).toBe(0)
          expect(await store.supersede(newer)).toBe(1)
          expect(await store.supersede(newer)).toBe(0)
          expect(await store.get(old.id)).toMatchObject({
            status: { state: 'superseded', cause: 'promoted' },
          })
          expect(await store.get(other.id)).toMatchObject({ status: { state: 'open' } })
          // What was stopped after the promotion had resolved its source is newer than that.
          const later = await store.put(recordOf('ccc', { minute: 3 }))
          expect(await store.supersede(newer)).toBe(0)
          expect(await store.get(later.id)).toMatchObject({ status: { state: 'open' } })
        }))
    })

    it('opens again when the approval has ended', () =>
      withStore(async (store) => {
        const { id } = await store.put(recordOf('a'))
        await store.approve(id, approval)
        await store.put({ ...recordOf('a'), quarantinedAt: '2026-12-24T23:59:59.000Z' })
        expect(await store.get(id)).toMatchObject({ status: { state: 'approved' } })
        await store.put({ ...recordOf('a'), quarantinedAt: '2026-12-25T00:00:00.000Z' })
        expect(await store.get(id)).toMatchObject({ status: { state: 'open' } })
      }))

    it('stands by what is stored when a listener throws, and reports it', async () => {
      const reported: unknown[] = []
      await using created = await create()
      await using store = await created.subject({
        clock,
        onEvent: () => Promise.reject(new Error('no answer from the chat')),
        onListenerError: (error, { type }) => void reported.push([type, (error as Error).message]),
      })
      const { id } = await store.put(recordOf('a'))
      expect(await store.get(id)).toBeDefined()
      expect(reported).toEqual([['quarantined', 'no answer from the chat']])
    })

    it('keeps one record when many writers store it at once', () =>
      withStore(async (store, events) => {
        const stored = await Promise.all(
          Array.from({ length: 8 }, (_, minute) => store.put(recordOf('a', { minute }))),
        )
        expect(new Set(stored.map(({ quarantinedAt }) => quarantinedAt)).size).toBe(1)
        expect(events.filter(({ type }) => type === 'quarantined')).toHaveLength(1)
      }))
  })
}
