import type { RawManifest } from '@sallyport/core'
import type { CosignTag, DiscoveredReferrer } from '../ports/repository.ts'

type Evidence = DiscoveredReferrer | CosignTag

/** What a discovery may keep in memory; beyond it manifests are read again. */
const maxManifestBytes = 64 * 1024
const maxKeptBytes = 4 * 1024 * 1024

const kept = new WeakMap<Evidence, RawManifest>()

/**
 * Keeps the manifests that a discovery has read and verified with what it found, as long as that lives, so that a copy
 * need not read them a second time.
 */
export function keepManifests(found: Iterable<readonly [Evidence, RawManifest | undefined]>): void {
  let total = 0
  for (const [evidence, raw] of found) {
    const size = raw?.bytes.byteLength ?? 0
    if (raw === undefined || size > maxManifestBytes || total + size > maxKeptBytes) continue
    total += size
    kept.set(evidence, raw)
  }
}

/** The manifest of what was found, if it was kept. */
export function keptManifest(evidence: Evidence): RawManifest | undefined {
  return kept.get(evidence)
}
