import { expect, it } from 'vitest'
import type { DiscoveredReferrer } from '../ports/repository.ts'
import { sampleManifest } from '../testing/sample-image.ts'
import { keepManifests, keptManifest } from './kept-manifests.ts'

const found = (bytes: number): readonly [DiscoveredReferrer, ReturnType<typeof sampleManifest>] => {
  const raw = sampleManifest({ annotations: { text: 'x'.repeat(bytes) } })
  return [{ descriptor: raw.descriptor, mechanisms: ['fallback-tag'] }, raw]
}

it('keeps small manifests, 4 MiB of them, each for what was found with it', () => {
  const all = [found(10), found(70_000), ...Array.from({ length: 100 }, () => found(60_000)), found(20)]
  keepManifests(all)
  const kept = all.filter(([evidence, raw]) => keptManifest(evidence) === raw)
  const total = kept.reduce((sum, [, { bytes }]) => sum + bytes.byteLength, 0)
  expect(total).toBeLessThanOrEqual(4 * 1024 * 1024)
  expect([kept.includes(all[0]!), kept.includes(all[1]!), kept.includes(all.at(-1)!)]).toEqual([
    true,
    false,
    true,
  ])
  expect(kept.length).toBeGreaterThan(60)
  expect(keptManifest({ ...all[0]![0] })).toBeUndefined()
})
