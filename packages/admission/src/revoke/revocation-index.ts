import type { Revocation, RevocationList } from './revocation-list.ts'

/** Keys that are revoked now, by id, with the moment since when. */
export type RevokedKeys = ReadonlyMap<string, { readonly from: Date; readonly reason: string }>

/** A list by what it is about: it may be long, and each review asks it. */
export interface RevocationIndex {
  /** The keys that are revoked at a moment; of two entries about one key the earlier counts. */
  keysAt(now: Date): RevokedKeys
  /** The first of these digests that is revoked at a moment. */
  findDigest(
    digests: readonly string[],
    now: Date,
  ): { readonly digest: string; readonly reason: string } | undefined
}

/** Before everything: nothing that was ever signed counts. */
const always = new Date(0)

/** Reads a list once. */
export function indexRevocations({ revocations }: RevocationList): RevocationIndex {
  const byDigest = Map.groupBy(revocations, ({ digest }) => digest)
  const ofKeys = revocations.filter(({ key }) => key !== undefined)
  return {
    keysAt(now) {
      const keys = new Map<string, { from: Date; reason: string }>()
      for (const { key, from = always, until, reason } of ofKeys) {
        if (key === undefined || !isInForce({ from, until }, now)) continue
        const known = keys.get(key)
        if (known === undefined || from < known.from) keys.set(key, { from, reason })
      }
      return keys
    },
    findDigest(digests, now) {
      for (const digest of digests) {
        const found = byDigest
          .get(digest as NonNullable<Revocation['digest']>)
          ?.find((each) => isInForce(each, now))
        if (found) return { digest, reason: found.reason }
      }
      return undefined
    },
  }
}

function isInForce({ from, until }: Pick<Revocation, 'from' | 'until'>, now: Date): boolean {
  return (from === undefined || from <= now) && (until === undefined || now < until)
}
