import type { Scanner } from '@sallyport/scan'
import type { Policy } from '@sallyport/policy'
import { pushImage } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import type { AuditTerms } from '../audit-terms.ts'
import type { ImageClassifier } from '../ports/image-classifier.ts'
import { distributionListing } from '../walk/distribution-listing.ts'
import { createAudit } from './create-audit.ts'
import {
  cosignManifest,
  cosignTag,
  fillRegistry,
  imageOf,
  indexOf,
  openTestBed,
  pushManifest,
  referrerOf,
  rolesOf,
  terms,
} from './audit-test.fixture.ts'

describe('a first audit', () => {
  it.each([
    ['with the referrers API', {}],
    ['without the referrers API', { referrersApi: false }],
  ])(
    'of a registry %s reads each tag, nothing else twice, and asks in vain for one list',
    async (_, quirks) => {
      await using bed = await openTestBed(quirks)
      await fillRegistry(bed)
      bed.registry.clearRequests()
      const { tags, manifests } = await bed.run()
      const { requests } = bed.registry
      expect(requests.filter(({ method }) => method === 'HEAD')).toEqual([])
      const read = requests.filter(({ kind }) => kind === 'manifest').map(({ path }) => path)
      expect(read.length).toBe(new Set(read).size)
      const byTag = read.filter((path) => !path.includes('sha256:'))
      expect(byTag).toHaveLength(tags)
      expect(read.length).toBeLessThan(tags + manifests)
      const lists = requests.filter(({ kind }) => kind === 'referrers')
      if ('referrersApi' in quirks) expect(lists).toHaveLength(2)
    },
  )

  it('of some tags asks for digests, and reads what is wanted', async () => {
    await using bed = await openTestBed()
    await fillRegistry(bed)
    bed.registry.clearRequests()
    const { tags } = await bed.run({ filters: { tags: ['latest'] } })
    const asked = bed.registry.requests.filter(({ kind }) => kind === 'manifest')
    expect(asked.filter(({ method }) => method === 'HEAD').length).toBeGreaterThan(tags)
    expect(asked.filter(({ method, path }) => method === 'GET' && !path.includes('sha256:'))).toEqual([])
  })
})

describe('a second audit', () => {
  it.each([
    ['with the referrers API', {}],
    ['without the referrers API', { referrersApi: false }],
  ])('of a registry %s takes one HEAD for each tag, and finds the same', async (_, quirks) => {
    await using bed = await openTestBed(quirks)
    await fillRegistry(bed)
    const first = await bed.run()
    const before = await bed.records(first.id)
    bed.registry.clearRequests()
    bed.clock.time += 60 * 60 * 1000
    const second = await bed.run()
    expect(second.id).not.toBe(first.id)
    expect(rolesOf(await bed.records(second.id))).toEqual(rolesOf(before))
    expect(second).toMatchObject({ examined: 0, reused: first.examined, tags: first.tags })
    const counts = Map.groupBy(bed.registry.requests, ({ kind, method }) => `${method} ${kind}`)
    expect(Object.fromEntries([...counts].map(([name, some]) => [name, some.length]))).toEqual({
      'GET catalog': 1,
      'GET tags': 2,
      'HEAD manifest': first.tags,
    })
    const records = await bed.records(second.id)
    expect(records.filter((record) => record.class !== undefined).map((record) => record.auditedAt)).toEqual(
      Array(first.examined).fill('2026-11-26T12:00:00.000Z'),
    )
  })

  it('looks at everything again once it is older than it may be', async () => {
    await using bed = await openTestBed()
    await fillRegistry(bed)
    const first = await bed.run()
    bed.clock.time += 24 * 60 * 60 * 1000
    expect(await bed.run()).toMatchObject({ examined: first.examined, reused: 0 })
    bed.clock.time -= 48 * 60 * 60 * 1000
    expect(await bed.run()).toMatchObject({ examined: first.examined, reused: 0 })
  })

  it('sees a new signature of cosign at once, one behind the referrers API later', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const [one, other] = [imageOf('one'), imageOf('other')]
    await pushImage(app, one, '1')
    await pushImage(app, other, '2')
    expect((await bed.run()).classes).toEqual({ unsigned: 2 })
    await pushManifest(app, cosignManifest('a'), cosignTag(one.raw))
    await pushManifest(app, referrerOf(other.raw, 'b'))
    bed.clock.time++
    expect(await bed.run()).toMatchObject({ classes: { compliant: 1, unsigned: 1 }, examined: 1, reused: 1 })
    bed.clock.time += 24 * 60 * 60 * 1000
    expect((await bed.run()).classes).toEqual({ compliant: 2 })
    await app.deleteTag(cosignTag(one.raw))
    bed.clock.time++
    expect((await bed.run()).classes).toEqual({ compliant: 1, unsigned: 1 })
  })

  it('judges platforms again when a signature of their index comes or goes', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const index = indexOf('multi')
    await pushImage(app, index, '1')
    expect((await bed.run()).classes).toEqual({ unsigned: 3 })
    await pushManifest(app, cosignManifest('of index'), cosignTag(index.raw))
    bed.clock.time++
    expect(await bed.run()).toMatchObject({ classes: { compliant: 3 }, examined: 3 })
  })

  it('judges again under other terms, and under other data of a scanner', async () => {
    await using bed = await openTestBed()
    await pushImage(bed.repository('app'), imageOf('a'), '1')
    let data = 'one'
    const scanner = {
      name: 'any',
      scan: () => Promise.reject(new Error('not asked')),
      currentData: async () => [{ name: data, updatedAt: '2026-11-26T00:00:00Z' }],
    } satisfies Scanner
    const policy = { source: 'p', digest: `sha256:${'1'.repeat(64)}`, tiers: new Map() } as Policy
    const present: AuditTerms = { ...terms, present: { policy, scanners: [scanner] } }
    const examined = async (some: AuditTerms): Promise<number> => {
      bed.clock.time++
      return (await bed.run({ terms: some })).examined
    }
    expect(await examined(terms)).toBe(1)
    expect(await examined({ ...terms })).toBe(0)
    expect(await examined({ ...terms, tier: 'dev' })).toBe(1)
    expect(await examined(present)).toBe(1)
    expect(await examined(present)).toBe(0)
    data = 'two'
    expect(await examined(present)).toBe(1)
    const other = { ...policy, digest: `sha256:${'2'.repeat(64)}` } as const
    expect(await examined({ ...terms, present: { policy: other, scanners: [scanner] } })).toBe(1)
  })

  it.each([
    ['error', 'REGISTRY_ERROR', 1],
    ['unverifiable', 'limit-exceeded', 1],
    ['unverifiable', 'bundle-invalid', 0],
  ] as const)('asks again where the answer was %s %s: %d', async (name, code, examined) => {
    await using bed = await openTestBed()
    await pushImage(bed.repository('app'), imageOf('a'), '1')
    const problems = [{ class: name, code, message: 'm' }]
    const classifier: ImageClassifier = async () => ({
      class: name,
      problems,
      evidence: [],
      evidenceManifests: [],
    })
    await bed.run({ classifier })
    bed.clock.time++
    expect((await bed.run({ classifier })).examined).toBe(examined)
  })

  it('reads what is new only', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    await pushImage(app, imageOf('old'), '1')
    await bed.run()
    await pushImage(app, imageOf('new'), '2')
    bed.classifier.calls.length = 0
    bed.clock.time++
    expect(await bed.run()).toMatchObject({ examined: 1, reused: 1, classes: { unsigned: 2 } })
    expect(bed.classifier.calls).toEqual([`app@${imageOf('new').raw.descriptor.digest}`])
  })
})

describe('filters', () => {
  it('leave repositories out, and count them', async () => {
    await using bed = await openTestBed()
    for (const name of ['prod/a', 'prod/b', 'dev/a'])
      await pushImage(bed.repository(name), imageOf(name), '1')
    const { repositories } = await bed.run({ filters: { repositories: ['prod/*'] } })
    expect(repositories).toMatchObject({ audited: 2, skipped: 1 })
    const byTerms = await bed.run({ terms: (name) => (name === 'dev/a' ? undefined : terms) })
    expect(byTerms.repositories).toMatchObject({ audited: 2, skipped: 1 })
  })

  it('are told by the summary, and tell audits of other parts of a registry apart', async () => {
    await using bed = await openTestBed()
    await pushImage(bed.repository('app'), imageOf('a'), 'v1')
    const filters = { tags: ['v*'], pushedAfter: '2020-01-01T00:00:00Z' }
    const narrowed = await bed.run({ filters })
    expect(narrowed.filters).toEqual(filters)
    bed.clock.time++
    const whole = await bed.run()
    expect(whole).not.toHaveProperty('filters')
    bed.clock.time++
    const client = bed.client
    const { host: registry } = bed.registry
    const named = await bed.run({
      listing: distributionListing({ client, registry, repositories: ['app'] }),
    })
    expect(named).not.toHaveProperty('filters')
    expect(new Set([narrowed.scope, whole.scope, named.scope]).size).toBe(3)
    bed.clock.time++
    expect((await bed.run()).scope).toBe(whole.scope)
  })

  it('by tag keep the evidence of what is left, and nothing else', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const [kept, left] = [imageOf('kept'), imageOf('left')]
    await pushImage(app, kept, 'v1')
    await app.putManifest(kept.raw, { tag: 'latest' })
    await pushImage(app, left, 'dev')
    for (const image of [kept, left]) await pushManifest(app, cosignManifest('of'), cosignTag(image.raw))
    await pushManifest(app, cosignManifest('of kept'), cosignTag(kept.raw))
    const summary = await bed.run({ filters: { tags: ['v*'] } })
    expect(summary).toMatchObject({ roles: { image: 1, evidence: 1 }, classes: { compliant: 1 }, tags: 3 })
  })

  it('by time leave out only what has another time', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const images = ['old', 'new', 'unknown'].map((name) => imageOf(name))
    for (const image of images) await pushImage(app, image)
    const times = ['2020-01-01T00:00:00Z', '2026-11-01T00:00:00Z', undefined]
    const listing = {
      ...bed.options().listing,
      async *listManifests() {
        for (const [at, image] of images.entries())
          yield {
            digest: image.raw.descriptor.digest,
            tags: [`${at}`],
            pushedAt: times[at],
            pulledAt: times[at],
          }
      },
    }
    const tags = async (filters: object): Promise<readonly string[]> => {
      bed.clock.time++
      const { id } = await bed.run({ listing, filters })
      return (await bed.records(id)).flatMap((record) => record.tags).sort()
    }
    expect(await tags({ pushedAfter: '2026-01-01T00:00:00Z' })).toEqual(['1', '2'])
    expect(await tags({ pushedBefore: '2026-01-01T00:00:00Z' })).toEqual(['0', '2'])
    expect(await tags({ pulledAfter: '2026-01-01T00:00:00Z' })).toEqual(['1', '2'])
    expect(await tags({ pulledBefore: '2026-01-01T00:00:00Z', tags: ['0', '1'] })).toEqual(['0'])
  })
})

it('keeps the latest times that a listing tells of a manifest, whichever tag they come with', async () => {
  await using bed = await openTestBed()
  const image = imageOf('shared')
  await pushImage(bed.repository('app'), image)
  const { digest } = image.raw.descriptor
  const told = [
    { pushedAt: '2025-01-01T00:00:00.000Z', pulledAt: '2025-02-01T00:00:00.000Z' },
    { pushedAt: '2026-10-01T00:00:00.000Z', pulledAt: '2026-11-01T00:00:00.000Z' },
    {},
    { pushedAt: '2025-03-01T00:00:00.000Z', pulledAt: '2025-04-01T00:00:00.000Z' },
  ]
  const { id } = await bed.run({
    listing: {
      ...bed.options().listing,
      async *listManifests() {
        for (const [at, times] of told.entries()) yield { digest, tags: [`${at}`], ...times }
      },
    },
  })
  expect(await bed.records(id)).toMatchObject([{ tags: ['0', '1', '2', '3'], ...told[1] }])
})

describe('options', () => {
  it.each([
    ['no pattern', { filters: { tags: [] } }],
    ['a time that is none', { filters: { pushedAfter: 'yesterday' } }],
    ['a negative age', { evidenceMaxAgeMs: -1 }],
    ['no requests', { maxRequests: 0 }],
    ['half a slot', { concurrency: 1.5 }],
  ])('with %s are refused', async (_, more) => {
    await using bed = await openTestBed()
    expect(() => bed.run(more)).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
  })
})

describe('an estimate', () => {
  it('comes from some repositories, later from an earlier audit', async () => {
    await using bed = await openTestBed()
    for (let at = 0; at < 40; at++) await pushImage(bed.repository(`app/${at}`), imageOf(`${at}`), '1')
    const audit = createAudit(bed.options({ filters: { repositories: ['app/*'] } }))
    const first = await audit.estimate()
    expect(first).toMatchObject({ repositories: 40, skipped: 0, tags: 40, countedBy: 'sample', reusable: 0 })
    expect(first.spent).toBeLessThan(40)
    const { requests } = await audit.run()
    expect(Math.abs(first.requests - requests)).toBeLessThan(requests)
    bed.clock.time++
    const second = await audit.estimate()
    expect(second).toMatchObject({ tags: 40, countedBy: 'earlier-audit', reusable: 40, requests: 81 })
  })
})

describe('pruning', () => {
  it('forgets old audits and what only they need', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const old = imageOf('old')
    await pushImage(app, old, '1')
    const first = await bed.run()
    await app.deleteManifest(old.raw.descriptor.digest)
    await pushImage(app, imageOf('new'), '1')
    bed.clock.time++
    const second = await bed.run()
    await bed.state.prune(1)
    expect((await bed.state.archive.audits()).map(({ id }) => id)).toEqual([second.id])
    expect(await bed.state.archive.find(first.id)).toBeUndefined()
    expect(await bed.records(second.id)).toHaveLength(1)
    expect(await bed.state.database.query('SELECT * FROM audit_content')).toHaveLength(1)
    bed.clock.time++
    expect(await bed.run()).toMatchObject({ reused: 1 })
    await expect(bed.state.prune(0)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  })
})
