import { digestOf, type ImageIndex, mediaTypes, parsePlatform, type RawManifest } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { buildIndex } from './build-index.ts'
import type { ImageJudgement } from './judge-image.ts'
import type { ResolvedSource } from './resolve-source.ts'

const raw = (text: string, mediaType: string = mediaTypes.ociManifest): RawManifest => ({
  bytes: Buffer.from(text),
  descriptor: { mediaType, digest: digestOf(text), size: text.length },
})
const [amd64, arm64, attachment] = [raw('amd64'), raw('arm64'), raw('attachment')]

function sourceOf(mediaType: string): ResolvedSource {
  const index: ImageIndex = {
    schemaVersion: 2,
    mediaType,
    manifests: [
      { ...amd64.descriptor, platform: parsePlatform('linux/amd64'), annotations: { a: 'b' } },
      { ...arm64.descriptor, platform: parsePlatform('linux/arm64'), urls: ['https://evil.example'] },
      { ...attachment.descriptor, platform: { os: 'unknown', architecture: 'unknown' } },
    ],
    annotations: { title: 'app' },
  }
  return {
    root: raw(JSON.stringify(index), mediaType),
    index,
    images: [],
    platforms: [],
    attachments: [attachment],
  }
}
const source = sourceOf(mediaTypes.ociIndex)
/** Only what the function looks at. */
const judged = (from: RawManifest, result = from) =>
  ({ source: from, after: { image: { raw: result } } }) as ImageJudgement
const parse = ({ bytes }: RawManifest) => JSON.parse(Buffer.from(bytes).toString()) as ImageIndex

describe('buildIndex', () => {
  it('keeps the source’s index while nothing changed', () => {
    expect(buildIndex(source, [judged(amd64), judged(arm64)])).toBe(source.root)
  })

  it('replaces changed images, keeps their order and platform, and leaves attachments out', () => {
    const smaller = raw('smaller')
    const built = buildIndex(source, [judged(arm64), judged(amd64, smaller)])
    expect(built.descriptor).toEqual({
      mediaType: mediaTypes.ociIndex,
      digest: digestOf(built.bytes),
      size: built.bytes.byteLength,
    })
    expect(parse(built)).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [
        { ...smaller.descriptor, platform: { os: 'linux', architecture: 'amd64' }, annotations: { a: 'b' } },
        { ...arm64.descriptor, platform: { os: 'linux', architecture: 'arm64' } },
      ],
      annotations: { title: 'app', 'org.opencontainers.image.base.digest': source.root.descriptor.digest },
    })
    expect(buildIndex(source, [judged(arm64), judged(amd64, smaller)])).toEqual(built)
  })

  it('names only the images that were judged', () => {
    const { manifests } = parse(buildIndex(source, [judged(arm64)]))
    expect(manifests.map(({ digest }) => digest)).toEqual([arm64.descriptor.digest])
  })

  it('writes no annotations into a list of Docker’s form, which has none', () => {
    const docker = sourceOf(mediaTypes.dockerManifestList)
    const built = buildIndex(docker, [judged(amd64)])
    expect(built.descriptor.mediaType).toBe(mediaTypes.dockerManifestList)
    expect(parse(built)).not.toHaveProperty('annotations')
  })
})
