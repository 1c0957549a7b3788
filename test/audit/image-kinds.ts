import type { AuditClass } from '@sallyport/audit'

/** Kinds of images that a registry is filled with, and how many of each twenty; of errors there are fewer. */
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

/** Errors are rare, or looking each time whether they are mended would be much of what a repeated audit asks. */
const errorEach = 6

/** Kind of the image at a position; the first twenty hold all kinds. */
export function kindAt(position: number): ImageKind {
  const kind = cycle[position % cycle.length]!
  return kind === 'error' && Math.floor(position / cycle.length) % errorEach > 0 ? 'unsigned' : kind
}
