import type { Descriptor, Digest, RawManifest } from '@sallyport/core'
import type { ManifestMechanism, ManifestRole } from './copy-report.ts'

/** A manifest of the closure, and what led to it. */
export interface ClosureEntry {
  readonly descriptor: Descriptor
  /** The manifest itself, where it has been read already. */
  readonly raw?: RawManifest | undefined
  readonly role: ManifestRole
  readonly mechanisms: readonly ManifestMechanism[]
  readonly parent?: Digest | undefined
  /** Indexes that it is in, counted from the root or the evidence that holds them. */
  readonly depth: number
  /** Steps from referrer to subject between it and the root. */
  readonly distance: number
  /** Whether the target has it; `ask` when nothing is known. */
  readonly there: boolean | 'ask'
}
