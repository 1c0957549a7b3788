import type { Digest } from '@sallyport/core'
import type { ClosureEntry } from './closure-entry.ts'
import type { CopiedManifest, CopyReport, ManifestMechanism } from './copy-report.ts'

type Ledgered = 'manifests' | 'tags' | 'searched' | 'rejected' | 'filtered' | 'conflicts'
type Lists = { readonly [Name in Ledgered]: CopyReport[Name][number][] }

/** Keeps what a copy found and did, for its report. */
export interface CopyLedger extends Pick<Lists, 'searched' | 'rejected' | 'filtered' | 'conflicts'> {
  /** A manifest was met, for the first time or on another way. */
  met(entry: ClosureEntry): void
  /** A manifest is at the target. Answers whether that is news. */
  written(entry: ClosureEntry, outcome: CopiedManifest['outcome']): boolean
  tagged(tag: string, digest: Digest): void
  lists(): Pick<CopyReport, Ledgered>
}

/** Creates an empty ledger. */
export function createCopyLedger(): CopyLedger {
  const first = new Map<Digest, ClosureEntry>()
  const mechanisms = new Map<Digest, Set<ManifestMechanism>>()
  const outcomes = new Map<Digest, CopiedManifest['outcome']>()
  const tags: Lists['tags'] = []
  const own: Pick<Lists, 'searched' | 'rejected' | 'filtered' | 'conflicts'> = {
    searched: [],
    rejected: [],
    filtered: [],
    conflicts: [],
  }
  return {
    ...own,
    met(entry) {
      const { digest } = entry.descriptor
      if (!first.has(digest)) first.set(digest, entry)
      const known = mechanisms.get(digest) ?? new Set()
      for (const mechanism of entry.mechanisms) known.add(mechanism)
      mechanisms.set(digest, known)
    },
    written({ descriptor: { digest } }, outcome) {
      const known = outcomes.get(digest)
      if (known === 'copied' || known === outcome) return false
      outcomes.set(digest, outcome)
      return true
    },
    tagged: (tag, digest) => void tags.push({ tag, digest }),
    lists: () => ({
      ...own,
      tags,
      manifests: [...outcomes].flatMap(([digest, outcome]) => {
        const entry = first.get(digest)
        if (entry === undefined) return []
        const { descriptor, role, parent } = entry
        return [{ descriptor, role, parent, mechanisms: [...(mechanisms.get(digest) ?? [])], outcome }]
      }),
    }),
  }
}
