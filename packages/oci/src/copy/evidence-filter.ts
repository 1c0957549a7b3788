import type { Descriptor, Digest } from '@sallyport/core'
import type { ReferrerMechanism } from '../ports/repository.ts'

/** A piece of evidence that the source has, before it is read. */
export interface FoundEvidence {
  /** What it is about. */
  readonly subject: Digest
  /** For a referrer with the artifact type and annotations of its manifest; of a cosign tag only what its name leads to. */
  readonly descriptor: Descriptor
  /** Every place that listed it. */
  readonly mechanisms: readonly EvidenceMechanism[]
  /** The tag, if it was found by cosign's naming. */
  readonly tag?: string | undefined
}

/** How evidence is found. */
export type EvidenceMechanism = ReferrerMechanism | 'cosign-tag'

/** Fits evidence that has everything the rule names. An empty rule fits all. */
export interface EvidenceRule {
  /** One of these. A cosign tag has none. */
  readonly artifactType?: string | readonly string[] | undefined
  /** Found by one of these, perhaps among others. */
  readonly mechanism?: EvidenceMechanism | readonly EvidenceMechanism[] | undefined
  /** Has all of these, with these values. A cosign tag has none. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** Which evidence goes along, by rules; the predicate comes last. */
export interface EvidenceFilter {
  /** Only what fits one of these rules. Default: all. */
  readonly include?: readonly EvidenceRule[] | undefined
  /** Not what fits one of these rules. Default: none. */
  readonly exclude?: readonly EvidenceRule[] | undefined
  /** Only what this answers `true` to. */
  readonly accept?: ((evidence: FoundEvidence) => boolean) | undefined
}

/** Why a piece of evidence stays behind, or `undefined` when it goes along. */
export function filterEvidence(
  evidence: FoundEvidence,
  { include, exclude = [], accept }: EvidenceFilter,
): 'not-included' | 'excluded' | 'not-accepted' | undefined {
  if (include !== undefined && !include.some((rule) => fits(rule, evidence))) return 'not-included'
  if (exclude.some((rule) => fits(rule, evidence))) return 'excluded'
  return accept === undefined || accept(evidence) ? undefined : 'not-accepted'
}

function fits({ artifactType, mechanism, annotations = {} }: EvidenceRule, evidence: FoundEvidence): boolean {
  const { descriptor, mechanisms } = evidence
  return (
    (artifactType === undefined ||
      (descriptor.artifactType !== undefined && [artifactType].flat().includes(descriptor.artifactType))) &&
    (mechanism === undefined || [mechanism].flat().some((each) => mechanisms.includes(each))) &&
    Object.entries(annotations).every(([key, value]) => descriptor.annotations?.[key] === value)
  )
}
