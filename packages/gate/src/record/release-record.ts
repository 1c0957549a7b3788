import type { Digest } from '@sallyport/core'
import type { Decision } from '@sallyport/policy'
import type { FindingsOrigin, SeverityCounts } from '@sallyport/policy/report'
import type { LayerChange } from '../promote/pair-layers.ts'
import type { AttachedEvidence } from './attached-evidence.ts'

/** What became of one platform's image. */
export interface ReleasedPlatform {
  /** As `os/architecture[/variant]`. */
  readonly platform: string
  /** Digest at the source. */
  readonly sourceDigest: Digest
  /** Digest at the target. */
  readonly digest: Digest
  /** How many packages, before and after hardening. */
  readonly packages: { readonly before: number; readonly after: number }
  /** Bytes of all layers, before and after hardening. */
  readonly bytes: { readonly before: number; readonly after: number }
  /** How many findings, before and after hardening. */
  readonly findings: { readonly before: number; readonly after: number }
  /** What the first scan found, and what became of it before the image was judged; absent in records of earlier versions. */
  readonly origin?: FindingsOrigin | undefined
  /** Findings of the judged image; absent in records of earlier versions. */
  readonly severities?: SeverityCounts | undefined
  /** What became of each layer, the base layer first; absent in records of earlier versions. */
  readonly layers?: readonly LayerChange[] | undefined
  /** What was taken out, and why. */
  readonly removed: readonly { readonly purl: string; readonly reason: string }[]
  /** Packages that were replaced, and by which version. */
  readonly patched: readonly { readonly purl: string; readonly to: string }[]
}

/** One document per promotion: what an auditor reads. Serialisable. */
export interface ReleaseRecord {
  /** Names this form, with its version. */
  readonly schema: 'https://sallyport.dev/schemas/release-record/v1'
  /** Key of the promotion. */
  readonly key: Digest
  /** Reference that was promoted, and what it led to. */
  readonly source: { readonly name: string; readonly digest: Digest }
  /** Reference that it was promoted to, and what that names now and named before. */
  readonly target: {
    readonly name: string
    readonly digest: Digest
    readonly previousDigest?: Digest | undefined
  }
  /** Tier whose rules judged it. */
  readonly tier: string
  /** Names the release when several images were released together. */
  readonly release?: string | undefined
  /** Present when it takes an earlier digest back into use. */
  readonly rollback?: { readonly reason: string } | undefined
  /** What became of each platform's image. */
  readonly platforms: readonly ReleasedPlatform[]
  /** Why it was let through. */
  readonly decision: Decision
  /** What is attached at the target. */
  readonly evidence: readonly AttachedEvidence[]
  /** The gate, as its decisions and its provenance name it; absent in records of earlier versions. */
  readonly verifierId?: string | undefined
  /** Ids of the keys, or identities of the certificates, that signed. */
  readonly signers: { readonly evidence: string; readonly release: string }
  /** ISO 8601. */
  readonly startedAt: string
  /** When it was done, in ISO 8601. */
  readonly finishedAt: string
  /** When each step ended. */
  readonly steps: readonly { readonly step: string; readonly at: string; readonly summary: string }[]
}
