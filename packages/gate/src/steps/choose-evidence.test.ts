import type { Digest } from '@sallyport/core'
import type { UsageEvidence } from '@sallyport/harden/evidence'
import { parseManifest } from '@sallyport/oci'
import { createImage } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { chooseEvidence } from './choose-evidence.ts'

const [own, other] = ['linux/amd64', 'linux/arm64'].map(
  (platform) => createImage({ platform, layers: [{ files: { '/a': platform } }] }).raw,
) as [ReturnType<typeof createImage>['raw'], ReturnType<typeof createImage>['raw']]
const images = [{ raw: own }, { raw: other }]
const digestOf = ({ descriptor }: typeof own) => descriptor.digest
const configOf = (raw: typeof own) => parseManifest(raw).config.digest
const unknown: Digest = `sha256:${'0'.repeat(64)}`
const recordingOf = (names: readonly Digest[]): UsageEvidence => ({
  source: 'test',
  images: names,
  coverage: 'partial',
  observes: [],
  records: [],
  missing: [],
  gaps: [],
})

describe('chooseEvidence', () => {
  it.each<[string, readonly Digest[], boolean]>([
    ['takes a recording of the manifest', [digestOf(own)], true],
    ['takes a recording of the configuration', [configOf(own)], true],
    ['leaves out one of the manifest of another platform', [digestOf(other)], false],
    ['leaves out one of the configuration of another platform', [configOf(other)], false],
    ['takes one of both', [digestOf(other), digestOf(own)], true],
    ['takes one of an image that is not there, so that it is refused', [unknown], true],
    ['takes one that names no image, so that it is refused', [], true],
  ])('%s', (_title, names, isTaken) => {
    expect(chooseEvidence([recordingOf(names)], own, images)).toHaveLength(isTaken ? 1 : 0)
  })

  it('gives nothing for nothing', () => {
    expect(chooseEvidence(undefined, own, images)).toBeUndefined()
  })
})
