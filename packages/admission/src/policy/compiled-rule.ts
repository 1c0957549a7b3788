import type { Requirement } from '@sallyport/attest'
import type { AdmissionMode } from '../decision.ts'
import type { RevokedKeys } from '../revoke/revocation-index.ts'
import type { ExemptionDocument, MatchDocument, PodKindDocument } from './policy-document.ts'

/** A rule, made ready. */
export interface CompiledRule {
  readonly name: string
  readonly mode: AdmissionMode
  readonly match: MatchDocument
  readonly except: MatchDocument | undefined
  readonly registries: readonly string[] | undefined
  readonly subject: 'index' | 'platforms' | 'both'
  readonly onError: 'deny' | 'allow'
  readonly staleMs: number
  /** Rules that ask for the same have the same id. */
  readonly id: string
  /** What it asks of images of a repository, with keys that count no more; nothing where the place alone decides. */
  requirementsFor(place: string, revoked: RevokedKeys): readonly Requirement[]
}

/** A policy, made ready. */
export interface CompiledPolicy {
  readonly rules: readonly CompiledRule[]
  readonly exemptions: readonly ExemptionDocument[]
  readonly noMatch: 'deny' | 'allow'
  readonly onError: 'deny' | 'allow'
  readonly tags: 'pin' | 'unsafe-keep'
  readonly kinds: readonly PodKindDocument[]
  readonly unknownKinds: 'deny' | 'allow'
}
