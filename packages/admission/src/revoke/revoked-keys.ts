import type { RevocationList } from './revocation-list.ts'

/** Keys that are revoked now, by id, with the moment since when. */
export type RevokedKeys = ReadonlyMap<string, { readonly from: Date; readonly reason: string }>

/** Before everything: nothing that was ever signed counts. */
const always = new Date(0)

/** The keys that a list revokes at a moment; of two entries about one key the earlier counts. */
export function revokedKeys({ revocations }: RevocationList, now: Date): RevokedKeys {
  const keys = new Map<string, { from: Date; reason: string }>()
  for (const { key, from = always, until, reason } of revocations) {
    if (key === undefined || !isInForce({ from, until }, now)) continue
    const known = keys.get(key)
    if (known === undefined || from < known.from) keys.set(key, { from, reason })
  }
  return keys
}

/** Why one of these digests is revoked at a moment, if one is. */
export function findRevokedDigest(
  { revocations }: RevocationList,
  digests: readonly string[],
  now: Date,
): { readonly digest: string; readonly reason: string } | undefined {
  if (revocations.length === 0) return undefined
  for (const { digest, reason, ...span } of revocations) {
    if (digest !== undefined && digests.includes(digest) && isInForce(span, now)) return { digest, reason }
  }
  return undefined
}

function isInForce(
  { from, until }: { readonly from?: Date | undefined; readonly until?: Date | undefined },
  now: Date,
): boolean {
  return (from === undefined || from <= now) && (until === undefined || now < until)
}
