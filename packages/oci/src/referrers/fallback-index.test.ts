import { type Descriptor, type Digest, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIndex } from '../manifest/parse-manifest.ts'
import { sampleImage, sampleIndex, sampleManifest } from '../testing/sample-image.ts'
import { editFallbackIndex, fallbackEntries, isFallbackIndex, resemblesImage } from './fallback-index.ts'

const linux = { os: 'linux', architecture: 'amd64' }
const child = sampleImage([1]).manifest
const image = sampleIndex([[linux, child]])
const entry = (name: string): Descriptor => ({
  mediaType: mediaTypes.ociManifest,
  digest: digestOf(name),
  size: 10,
  artifactType: 'application/vnd.example.sbom',
})
const list = sampleIndex([], { manifests: [entry('a')] })

describe('isFallbackIndex', () => {
  const sha512 = digestOf(image.bytes, 'sha512')
  const children = new Set([child.descriptor.digest])
  it.each<[string, RawManifest, Digest, ReadonlySet<Digest>, boolean]>([
    ['a list of referrers is one', list, image.descriptor.digest, children, true],
    ['an empty list is one', sampleIndex([]), image.descriptor.digest, children, true],
    ['an image manifest is none', child, image.descriptor.digest, children, false],
    ['the subject itself is none', image, image.descriptor.digest, new Set(), false],
    ['the subject itself is none, under its sha512 digest', image, sha512, new Set(), false],
    [
      "another index over the subject's children is none",
      sampleIndex([[linux, child]], { annotations: { converted: 'yes' } }),
      image.descriptor.digest,
      children,
      false,
    ],
  ])('%s', (_, raw, subject, known, expected) => {
    expect(isFallbackIndex(raw, subject, known)).toBe(expected)
  })
})

describe('resemblesImage', () => {
  it.each([
    ['with platforms', image, true],
    [
      'without artifact types',
      sampleIndex([], { manifests: [{ ...entry('a'), artifactType: undefined }] }),
      true,
    ],
    ['with artifact types alone', list, false],
    ['that is no index', child, false],
  ])('of entries %s: %s', (_, raw, expected) => expect(resemblesImage(raw)).toBe(expected))
})

describe('editFallbackIndex', () => {
  const edit = (
    current: RawManifest | undefined,
    { add = [], remove = [] }: { add?: Descriptor[]; remove?: Digest[] },
  ) => editFallbackIndex(current, { add, remove: new Set(remove) })

  it('keeps what it does not know', () => {
    const odd = sampleManifest(
      { 'x-own': 1, manifests: [{ ...entry('a'), 'x-entry': true }], annotations: { a: 'b' } },
      mediaTypes.ociIndex,
    )
    const edited = edit(odd, { add: [entry('b')] })
    expect(JSON.parse(new TextDecoder().decode(edited!.bytes))).toEqual({
      ...JSON.parse(new TextDecoder().decode(odd.bytes)),
      manifests: [{ ...entry('a'), 'x-entry': true }, entry('b')],
    })
  })

  it('mends an entry that another tool wrote without type and annotations', () => {
    const poor = sampleIndex([], { manifests: [{ ...entry('a'), artifactType: mediaTypes.ociEmpty }] })
    const full = { ...entry('a'), annotations: { a: 'b' } }
    expect(parseIndex(edit(poor, { add: [full] })!).manifests).toEqual([full])
  })

  it('makes one of two entries with the same digest', () => {
    const double = sampleIndex([], { manifests: [entry('a'), entry('a')] })
    expect(parseIndex(edit(double, {})!).manifests).toEqual([entry('a')])
  })

  it('leaves an empty index where the last entry goes', () => {
    const edited = edit(list, { remove: [entry('a').digest] })
    expect(parseIndex(edited!).manifests).toEqual([])
  })

  it('has nothing to do the second time, whatever came before', () => {
    const names = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'))
    fc.assert(
      fc.property(names, names, names, (before, added, removed) => {
        const current = before.length === 0 ? undefined : sampleIndex([], { manifests: before.map(entry) })
        const change = { add: added.map(entry), remove: removed.map((name) => entry(name).digest) }
        const edited = edit(current, change) ?? current
        const expected = new Set([...before.filter((name) => !removed.includes(name)), ...added])
        expect([...fallbackEntries(edited).keys()].sort()).toEqual(
          [...expected].map((name) => entry(name).digest).sort(),
        )
        expect(
          edit(edited, {
            ...change,
            remove: change.remove.filter((digest) => !change.add.some((each) => each.digest === digest)),
          }),
        ).toBeUndefined()
      }),
    )
  })
})
