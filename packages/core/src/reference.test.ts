import { describe, expect, it } from 'vitest'
import { digestOf } from './digest.ts'
import { isIndexMediaType, isManifestMediaType, mediaTypes } from './media-types.ts'
import { formatReference } from './reference.ts'

const digest = digestOf('x')

describe('formatReference', () => {
  it.each([
    ['a name', {}, 'r.example:5000/team/app'],
    ['a tag', { tag: '1.4' }, 'r.example:5000/team/app:1.4'],
    ['a digest', { digest }, `r.example:5000/team/app@${digest}`],
    ['both', { tag: '1.4', digest }, `r.example:5000/team/app:1.4@${digest}`],
  ])('writes %s', (_, parts, expected) => {
    expect(formatReference({ registry: 'r.example:5000', repository: 'team/app', ...parts })).toBe(expected)
  })
})

describe('media types', () => {
  it.each([
    [mediaTypes.ociIndex, true, false],
    [mediaTypes.dockerManifestList, true, false],
    [mediaTypes.ociManifest, false, true],
    [mediaTypes.dockerManifest, false, true],
    [mediaTypes.ociConfig, false, false],
    ['', false, false],
  ])('%s is an index: %s, a manifest: %s', (mediaType, index, manifest) => {
    expect(isIndexMediaType(mediaType)).toBe(index)
    expect(isManifestMediaType(mediaType)).toBe(manifest)
  })
})
