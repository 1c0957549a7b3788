import type { Descriptor, ImageIndex, Platform } from '@sallyport/core'
import { type PlatformRule, rankPlatform } from './match-platform.ts'

/** Options of {@link selectPlatform}. */
export interface SelectPlatformOptions {
  /** How platforms are compared. Default `compatible`, as containerd does when it pulls. */
  readonly rule?: PlatformRule | undefined
}

/**
 * The entry of an index that fits the platform best, or `undefined` when none does. Of equally good entries the first
 * wins. Entries without a platform, and attestation entries (`unknown/unknown`), are never chosen.
 */
export function selectPlatform(
  index: Pick<ImageIndex, 'manifests'>,
  platform: Platform,
  { rule = 'compatible' }: SelectPlatformOptions = {},
): Descriptor | undefined {
  let best: { readonly rank: number; readonly entry: Descriptor } | undefined
  for (const entry of index.manifests) {
    if (!entry.platform?.os || !entry.platform.architecture || entry.platform.os === 'unknown') continue
    const rank = rankPlatform(platform, entry.platform, rule)
    if (rank !== undefined && (best === undefined || rank < best.rank)) best = { rank, entry }
  }
  return best?.entry
}
