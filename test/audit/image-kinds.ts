import type { AuditClass } from '@sallyport/audit'

/** Kinds of images that a registry is filled with, and how many of each twenty. */
export const imageKinds = {
  compliant: 4,
  unsigned: 5,
  'wrong-identity': 1,
  unverifiable: 1,
  'no-decision': 1,
  'decision-elsewhere': 1,
  'decision-stale': 1,
  'would-fail-today': 1,
  'no-sbom': 1,
  'sbom-disagrees': 1,
  'no-provenance': 1,
  'legacy-only': 1,
  // An index that lists an image which is gone, and one that is there.
  error: 1,
} as const satisfies Partial<Record<AuditClass, number>>

/** One of {@link imageKinds}. */
export type ImageKind = keyof typeof imageKinds

const cycle = (Object.entries(imageKinds) as [ImageKind, number][]).flatMap(([kind, count]) =>
  Array.from({ length: count }, () => kind),
)

/** Kind of the image at a position; each twenty hold all kinds. */
export const kindAt = (position: number): ImageKind => cycle[position % cycle.length]!
