import { digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { sampleBlob, sampleImage, sampleIndex, sampleManifest } from '../testing/sample-image.ts'
import { parseIndex, parseManifest } from './parse-manifest.ts'
import { maxManifestBytes, toRawManifest } from './raw-manifest.ts'

const config = sampleBlob('{}', mediaTypes.ociConfig).blob
const layer = sampleBlob('layer').blob
const raw = (text: string, mediaType?: string): RawManifest =>
  toRawManifest(new TextEncoder().encode(text), { mediaType })

describe('parseManifest', () => {
  it.each([mediaTypes.ociManifest, mediaTypes.dockerManifest])('reads %s', (mediaType) => {
    const manifest = parseManifest(sampleManifest({ config, layers: [layer] }, mediaType))
    expect(manifest).toMatchObject({ schemaVersion: 2, mediaType, config, layers: [layer] })
  })

  it('reads null as a field that is left out', () => {
    const manifest = parseManifest(sampleManifest({ config, layers: null, annotations: null, subject: null }))
    expect(manifest.layers).toEqual([])
    expect([manifest.annotations, manifest.subject]).toEqual([undefined, undefined])
  })

  it.each([
    ['without a config', { layers: [] }],
    ['with a digest that is a path', { config: { ...config, digest: 'sha256:../../x' }, layers: [] }],
    ['with a negative size', { config: { ...config, size: -1 }, layers: [] }],
    ['with a size that is no integer', { config: { ...config, size: 1.5 }, layers: [] }],
    ['with a size beyond what can be counted', { config: { ...config, size: 2 ** 60 }, layers: [] }],
    ['with layers that are no list', { config, layers: {} }],
    ['with a number as annotation', { config, layers: [], annotations: { a: 1 } }],
    ['with too many layers', { config, layers: Array.from({ length: 5000 }, () => layer) }],
  ])('refuses a manifest %s', (_, fields) => {
    expect(() => parseManifest(sampleManifest(fields))).toThrowError(
      expect.objectContaining({ name: 'OciError', code: 'MANIFEST_INVALID' }),
    )
  })

  it('refuses an index, and what it does not know', () => {
    expect(() => parseManifest(sampleIndex([]))).toThrowError(
      expect.objectContaining({ code: 'MANIFEST_INVALID' }),
    )
    expect(() => parseManifest(sampleManifest({ blobs: [] }, 'application/vnd.example+json'))).toThrowError(
      expect.objectContaining({ code: 'MANIFEST_UNSUPPORTED' }),
    )
  })
})

describe('parseIndex', () => {
  it.each([mediaTypes.ociIndex, mediaTypes.dockerManifestList])('reads %s', (mediaType) => {
    const entry = {
      ...sampleImage([1]).manifest.descriptor,
      platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
    }
    expect(parseIndex(sampleManifest({ manifests: [entry] }, mediaType)).manifests).toEqual([entry])
  })

  it('refuses an image manifest', () => {
    expect(() => parseIndex(sampleImage([1]).manifest)).toThrowError(
      expect.objectContaining({ code: 'MANIFEST_INVALID' }),
    )
  })
})

describe('toRawManifest', () => {
  const fields = `"schemaVersion":2,"config":${JSON.stringify(config)},"layers":[]`

  it('keeps the bytes, unknown fields included', () => {
    const text = ` {"x-unknown":1.50,"X-unknown":2,${fields}}\n`
    const made = raw(text)
    expect(new TextDecoder().decode(made.bytes)).toBe(text)
    expect(made.descriptor).toEqual({
      mediaType: mediaTypes.ociManifest,
      digest: digestOf(text),
      size: text.length,
    })
  })

  it.each([
    [
      'the own field',
      `{"mediaType":"${mediaTypes.dockerManifest}",${fields}}`,
      undefined,
      mediaTypes.dockerManifest,
    ],
    ['the header', `{${fields}}`, `${mediaTypes.dockerManifest}; charset=utf-8`, mediaTypes.dockerManifest],
    ['the shape, where the header says nothing', `{${fields}}`, 'text/plain', mediaTypes.ociManifest],
    ['the shape of an index', '{"schemaVersion":2,"manifests":[]}', undefined, mediaTypes.ociIndex],
    ['a header of another kind', '{"a":1}', 'application/vnd.example+json', 'application/vnd.example+json'],
  ])('finds the media type by %s', (_, text, header, expected) => {
    expect(raw(text, header).descriptor.mediaType).toBe(expected)
  })

  it.each([
    ['header and field differ', `{"mediaType":"${mediaTypes.ociManifest}",${fields}}`, mediaTypes.ociIndex],
    [
      'the field says index and the shape image',
      `{"mediaType":"${mediaTypes.ociIndex}",${fields}}`,
      undefined,
    ],
    ['both shapes are there', `{"manifests":[],${fields}}`, undefined],
    ['nothing tells what it is', '{}', undefined],
    ['the media type is a number', `{"mediaType":1,${fields}}`, undefined],
    ['a byte order mark stands first', `\ufeff{${fields}}`, undefined],
  ])('refuses a manifest when %s', (_, text, header) => {
    expect(() => raw(text, header)).toThrowError(expect.objectContaining({ code: 'MANIFEST_INVALID' }))
  })

  it('refuses bytes that are not UTF-8, too many, or of another digest', () => {
    const bad = (bytes: Uint8Array, code: string): void =>
      expect(() => toRawManifest(bytes, { digest: digestOf('x') })).toThrowError(
        expect.objectContaining({ code }),
      )
    bad(new TextEncoder().encode('{}'), 'DIGEST_MISMATCH')
    expect(() => toRawManifest(Buffer.from([0x7b, 0xff, 0x7d]))).toThrowError(
      expect.objectContaining({ code: 'MANIFEST_INVALID' }),
    )
    expect(() => toRawManifest(Buffer.alloc(maxManifestBytes + 1, 0x20))).toThrowError(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    )
  })

  it('names a sha512 digest when that is asked for', () => {
    const bytes = new TextEncoder().encode(`{${fields}}`)
    expect(toRawManifest(bytes, { digest: digestOf(bytes, 'sha512') }).descriptor.digest).toBe(
      digestOf(bytes, 'sha512'),
    )
  })
})
