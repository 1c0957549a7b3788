import { digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import { anything, array, assert, constantFrom, json, oneof, property, record, uint8Array } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OciError } from '../errors.ts'
import { sampleImage, sampleIndex } from '../testing/sample-image.ts'
import { parseIndex, parseManifest } from './parse-manifest.ts'
import { toRawManifest } from './raw-manifest.ts'

const types = [...Object.values(mediaTypes), 'text/plain', 'application/vnd.example+json', '', undefined]

/** Runs something; whether it gave a result or an error of ours. */
function isTyped(run: () => unknown): boolean {
  try {
    run()
    return true
  } catch (error) {
    return error instanceof OciError && error.message.length < 1000
  }
}

function readsOrRefuses(bytes: Uint8Array): boolean {
  return types.every((mediaType) => {
    let raw: RawManifest | undefined
    return (
      isTyped(() => (raw = toRawManifest(bytes, { mediaType }))) &&
      (raw === undefined ||
        (raw.bytes === bytes &&
          raw.descriptor.digest === digestOf(bytes) &&
          isTyped(() => parseManifest(raw!)) &&
          isTyped(() => parseIndex(raw!))))
    )
  })
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value) ?? '')

describe('manifests', () => {
  it('of any bytes are read or refused with a typed error', () => {
    expect(() => assert(property(uint8Array({ maxLength: 200 }), readsOrRefuses))).not.toThrow()
  })

  it('of any JSON are read or refused with a typed error', () => {
    const text = json({ maxDepth: 4 }).map((each) => new TextEncoder().encode(each))
    expect(() => assert(property(text, readsOrRefuses))).not.toThrow()
  })

  it('with any value in a field are read or refused with a typed error', () => {
    const good = [sampleImage([3, 4]).manifest, sampleIndex([])].map(
      ({ bytes }) => JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>,
    )
    const value = oneof(
      anything({ withNullPrototype: false, withBigInt: false }),
      constantFrom(null, -1, 2 ** 60, '../x', 'sha256:'),
    )
    const field = constantFrom(
      'schemaVersion',
      'mediaType',
      'config',
      'layers',
      'manifests',
      'subject',
      'annotations',
      'artifactType',
      '__proto__',
      'toJSON',
    )
    const changes = array(record({ field, value }), { minLength: 1, maxLength: 3 })
    expect(() =>
      assert(
        property(constantFrom(...good), changes, (fields, list) => {
          const changed = Object.fromEntries([
            ...Object.entries(fields),
            ...list.map((each) => [each.field, each.value] as const),
          ])
          return readsOrRefuses(encode(changed))
        }),
        { numRuns: 500 },
      ),
    ).not.toThrow()
  })

  it.each([
    ['deep lists', '['.repeat(300_000)],
    ['deep objects', '{"a":'.repeat(200_000)],
    [
      'deep annotations',
      `{"schemaVersion":2,"manifests":[],"annotations":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`,
    ],
    ['a long list', `{"schemaVersion":2,"manifests":[${'{},'.repeat(100_000)}{}]}`],
  ])('of %s are answered', (_, text) => {
    expect(readsOrRefuses(new TextEncoder().encode(text))).toBe(true)
  })

  it('that are good keep every byte', () => {
    for (const { bytes, descriptor } of [sampleImage([1]).manifest, sampleIndex([])]) {
      expect(toRawManifest(bytes, { mediaType: descriptor.mediaType })).toEqual({ bytes, descriptor })
    }
  })
})
