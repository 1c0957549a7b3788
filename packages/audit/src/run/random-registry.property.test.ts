import { type Digest, mediaTypes, type RawManifest } from '@sallyport/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evidenceTagsOf, parseEvidenceTag } from '../walk/evidence-tag.ts'
import {
  artifactOf,
  cosignManifest,
  imageOf,
  manifestOf,
  openTestBed,
  pushManifest,
  referrerOf,
  type TestBed,
} from './audit-test.fixture.ts'
import { pushImage } from '@sallyport/testkit'

type Kind = 'image' | 'index' | 'referrer' | 'cosign' | 'artifact'

/** A manifest; `about` and `members` name earlier ones, modulo how many there are. */
interface Planned {
  readonly kind: Kind
  readonly name: number
  readonly about: number
  readonly members: readonly number[]
  readonly tagged: boolean
  readonly repository: 'a' | 'b/c'
}

const planned: fc.Arbitrary<Planned> = fc.record({
  kind: fc.constantFrom<Kind>('image', 'image', 'index', 'referrer', 'cosign', 'artifact'),
  name: fc.nat(5),
  about: fc.nat(20),
  members: fc.array(fc.nat(20), { maxLength: 3 }),
  tagged: fc.boolean(),
  repository: fc.constantFrom('a', 'b/c'),
})

/** Pushes all that is planned. */
async function push(bed: TestBed, plan: readonly Planned[]): Promise<void> {
  const there: Record<Planned['repository'], RawManifest[]> = { a: [], 'b/c': [] }
  for (const [at, { kind, name, about, members, tagged, repository }] of plan.entries()) {
    const place = bed.repository(repository)
    const others = there[repository]
    const subject = others[about % others.length] ?? imageOf('never pushed').raw
    const tag = tagged ? `t${at}` : undefined
    let raw: RawManifest
    if (kind === 'image') {
      const image = imageOf(`${name}`)
      raw = image.raw
      await pushImage(place, image, tag)
    } else if (kind === 'index') {
      const manifests = members.flatMap((member) => others[member % others.length]?.descriptor ?? [])
      raw = manifestOf({ manifests, annotations: { name: `${name}` } }, mediaTypes.ociIndex)
      await place.putManifest(raw, { tag })
    } else if (kind === 'cosign') {
      raw = cosignManifest(`${name}`)
      await pushManifest(place, raw, evidenceTagsOf(subject.descriptor.digest)[1 + (name % 3)])
      if (tagged) await place.putManifest(raw, { tag })
    } else if (kind === 'artifact') {
      raw = artifactOf(`${name}`)
      await pushManifest(place, raw, tag)
    } else {
      raw = referrerOf(subject, `${name}`)
      await pushManifest(place, raw, tag)
    }
    if (!others.some(({ descriptor }) => descriptor.digest === raw.descriptor.digest)) others.push(raw)
  }
}

interface Fields {
  readonly manifests?: readonly { readonly digest: Digest }[]
  readonly layers?: readonly { readonly mediaType: string }[]
  readonly subject?: { readonly digest: Digest }
}

/** What can be reached from the tags of a repository: members, subjects, and referrers of what is no evidence. */
async function reachable(bed: TestBed, repository: string): Promise<readonly string[]> {
  const { tags, manifests } = bed.registry.snapshot()[repository]!
  const fields = new Map<string, Fields>()
  for (const digest of manifests) {
    const { bytes } = await bed.repository(repository).getManifest(digest)
    fields.set(digest, JSON.parse(Buffer.from(bytes).toString()) as Fields)
  }
  const tagged = [...fields.keys()].flatMap((subject) =>
    evidenceTagsOf(subject as Digest).flatMap((tag) => (tags[tag] ? [{ subject, evidence: tags[tag] }] : [])),
  )
  const reached = new Set<string>()
  // A signature of cosign could be run, so it is an image where images stand: under a tag of its own, or in an index.
  const standsAsImage = (digest: string): boolean =>
    Object.entries(tags).some(([tag, at]) => at === digest && parseEvidenceTag(tag) === undefined) ||
    [...reached].some((each) => fields.get(each)?.manifests?.some((member) => member.digest === digest))
  const isEvidence = (digest: string): boolean =>
    fields.get(digest)?.subject !== undefined ||
    ((fields.get(digest)?.layers ?? []).some(({ mediaType }) => mediaType.includes('simplesigning')) &&
      !standsAsImage(digest))
  const leadsTo = (digest: string): readonly string[] => [
    ...(fields.get(digest)?.manifests ?? []).map((member) => member.digest),
    ...(fields.get(digest)?.subject ? [fields.get(digest)!.subject!.digest] : []),
    ...tagged.filter(({ evidence }) => evidence === digest).map(({ subject }) => subject),
    ...(isEvidence(digest)
      ? []
      : [...fields].flatMap(([each, { subject }]) => (subject?.digest === digest ? [each] : []))),
  ]
  // Again, because an index that is found late makes images of what was evidence.
  for (let before = -1; before < reached.size;) {
    before = reached.size
    const queue = [...Object.values(tags), ...[...reached].flatMap(leadsTo)]
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (reached.has(next) || !fields.has(next)) continue
      reached.add(next)
      queue.push(...leadsTo(next))
    }
  }
  return [...reached].map((digest) => `${repository}@${digest}`)
}

describe('whatever is in a registry', () => {
  it.each([true, false])(
    'is recorded exactly once, referrers API: %s',
    async (referrersApi) => {
      await fc.assert(
        fc.asyncProperty(fc.array(planned, { maxLength: 10 }), async (plan) => {
          await using bed = await openTestBed({ referrersApi })
          await push(bed, plan)
          const reached = await Promise.all(
            Object.keys(bed.registry.snapshot()).map((repository) => reachable(bed, repository)),
          )
          const first = await bed.run()
          const records = await bed.records(first.id)
          const keys = records.map(({ repository, digest }) => `${repository}@${digest}`)
          expect(new Set(keys).size).toBe(keys.length)
          expect([...keys].sort()).toEqual(reached.flat().sort())
          expect(Object.values(first.roles).reduce((sum, count) => sum + count, 0)).toBe(keys.length)
          const tags = Object.values(bed.registry.snapshot()).flatMap((each) => Object.keys(each.tags))
          expect(first.tags).toBe(tags.length)
          bed.clock.time++
          const second = await bed.run()
          const roles = (some: typeof records) =>
            some.map(({ role, class: c, digest, parents }) => [digest, role, c, parents])
          expect(roles(await bed.records(second.id))).toEqual(roles(records))
        }),
        { numRuns: 20 },
      )
    },
    120_000,
  )
})
