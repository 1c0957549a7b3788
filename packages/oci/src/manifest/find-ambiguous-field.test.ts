import { mediaTypes } from '@sallyport/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleBlob } from '../testing/sample-image.ts'
import { findAmbiguousField } from './find-ambiguous-field.ts'
import { parseIndex, parseManifest } from './parse-manifest.ts'
import { toRawManifest } from './raw-manifest.ts'

const config = JSON.stringify(sampleBlob('{}', mediaTypes.ociConfig).blob)
const layer = JSON.stringify(sampleBlob('layer').blob)
const start = `{"schemaVersion":2,"mediaType":"${mediaTypes.ociManifest}","config":${config}`
const read = (text: string) => parseManifest(toRawManifest(new TextEncoder().encode(text)))

describe('a manifest that two readers would read differently', () => {
  it.each([
    ['with layers twice', `${start},"layers":[],"layers":[${layer}]}`],
    ['with layers twice, once escaped', `${start},"layers":[],"\\u006cayers":[${layer}]}`],
    ['with a key twice in a descriptor', `${start},"layers":[{"size":1,${layer.slice(1)}]}`],
    ['with a key twice in annotations', `${start},"annotations":{"a":"1","a":"2"}}`],
    ['with a key twice in a field that nobody knows', `${start},"x":[{"a":1,"a":1}]}`],
    ['with __proto__ twice', `${start},"annotations":{"__proto__":"1","__proto__":"2"}}`],
    ['with layers in capitals', `${start},"Layers":[${layer}]}`],
    ['with layers in capitals and small letters', `${start},"layers":[],"LAYERS":[${layer}]}`],
    ['with layers with a long s', `${start},"layer\u017f":[${layer}]}`],
    ['with manifests in capitals', `${start},"layers":[],"Manifests":[]}`],
    ['with a subject in capitals', `${start},"Subject":${layer}}`],
    ['with the digest of a layer in capitals', `${start},"layers":[{"Digest":"x",${layer.slice(1)}]}`],
    ['with a platform in capitals', `${start},"subject":{"platform":{"OS":"x"},${layer.slice(1)}}`],
  ])('%s is refused', (_, text) => {
    expect(JSON.parse(text)).toBeDefined()
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }))
  })

  it('is refused as an index, too', () => {
    const text = `{"schemaVersion":2,"manifests":[],"manifests":[${layer}]}`
    expect(() => parseIndex(toRawManifest(new TextEncoder().encode(text)))).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID' }),
    )
  })
})

describe('a manifest of unusual keys', () => {
  it.each([
    ['annotations that differ in case', `${start},"annotations":{"a":"1","A":"2","Layers":"x:y\\"{:"}}`],
    ['an annotation __proto__', `${start},"annotations":{"__proto__":"1"}}`],
    ['capitals in a field that nobody knows', `${start},"x":{"Size":1,"size":2}}`],
    ['the same key in different objects', `${start},"layers":[${layer},${layer}]}`],
  ])('with %s is read', (_, text) => {
    expect(read(text).schemaVersion).toBe(2)
  })

  it('is never taken to have a key twice when it was written by JSON.stringify', () => {
    fc.assert(
      fc.property(fc.object({ withNullPrototype: false, maxDepth: 4 }), (value) => {
        const text = JSON.stringify({ x: value })
        expect(findAmbiguousField(text, JSON.parse(text) as Record<string, unknown>)).toBeUndefined()
      }),
    )
  })

  it('is read however deep it nests', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const text = `{"x":${deep}}`
    expect(findAmbiguousField(text, JSON.parse(text) as Record<string, unknown>)).toBeUndefined()
  })
})
