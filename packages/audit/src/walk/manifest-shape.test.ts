import { mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { cosignManifest, imageOf, indexOf, manifestOf } from '../run/audit-test.fixture.ts'
import { readShape } from './manifest-shape.ts'

const empty = { digest: `sha256:${'0'.repeat(64)}`, size: 2 }
const of = (config: string, layers: readonly string[], more: object = {}, mediaType?: string) =>
  manifestOf(
    {
      config: { ...empty, mediaType: config },
      layers: layers.map((layer) => ({ ...empty, mediaType: layer })),
      ...more,
    },
    mediaType,
  )

describe('the kind of a manifest', () => {
  it.each([
    ['an image', imageOf('a').raw, 'image'],
    ['an index', indexOf('a').raw, 'index'],
    ['an image of no layers', of(mediaTypes.ociConfig, []), 'image'],
    [
      'an image that calls itself an artifact',
      of(mediaTypes.ociConfig, [mediaTypes.ociLayer], { artifactType: 'a/b' }),
      'image',
    ],
    [
      'an image with a layer of evidence among others',
      of(mediaTypes.ociConfig, ['text/spdx', mediaTypes.ociLayer]),
      'image',
    ],
    ['an image with layers of an unknown type', of(mediaTypes.ociConfig, ['application/x']), 'image'],
    [
      'an image of an old Docker',
      of('application/octet-stream', [mediaTypes.dockerLayerGzip], {}, mediaTypes.dockerManifest),
      'image',
    ],
    ['a signature of cosign', cosignManifest('a'), 'other'],
    ['an attestation of BuildKit', of(mediaTypes.ociConfig, ['application/vnd.in-toto+json']), 'other'],
    ['a chart', of('application/vnd.cncf.helm.config.v1+json', [mediaTypes.ociLayerGzip]), 'other'],
  ])('of %s is read by what could be run', (_, raw, kind) => {
    expect(readShape(raw).kind).toBe(kind)
  })

  it('is refused for what is no manifest', () => {
    expect(() => readShape(manifestOf({ config: 1 }))).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID' }),
    )
  })
})
