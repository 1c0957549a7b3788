import type { EvidenceSigner } from '../verify/evidence-signer.ts'
import type { SignerEntry } from './accepted-signers.ts'

/** A signature that counts, and the listed signers that it may count for. */
export interface CountingSignature {
  readonly signer: EvidenceSigner
  readonly entries: readonly SignerEntry[]
}

/**
 * How many of the listed signers have signed, when each signature's maker counts for one entry only and each entry counts
 * once: the largest matching between the two. Where a pattern fits what another entry names, one signer is still one.
 */
export function countSigners(signatures: readonly CountingSignature[]): number {
  const entriesOf = new Map<string, Set<SignerEntry>>()
  for (const { signer, entries } of signatures) {
    const id = identify(signer)
    const known = entriesOf.get(id) ?? new Set()
    for (const entry of entries) known.add(entry)
    entriesOf.set(id, known)
  }
  const takenBy = new Map<SignerEntry, string>()
  const place = (id: string, tried: Set<SignerEntry>): boolean => {
    for (const entry of entriesOf.get(id) ?? []) {
      if (tried.has(entry)) continue
      tried.add(entry)
      const holder = takenBy.get(entry)
      if (holder !== undefined && !place(holder, tried)) continue
      takenBy.set(entry, id)
      return true
    }
    return false
  }
  for (const id of entriesOf.keys()) place(id, new Set())
  return takenBy.size
}

function identify(signer: EvidenceSigner): string {
  return JSON.stringify(signer.kind === 'key' ? [signer.keyId] : [signer.issuer, signer.subject])
}
