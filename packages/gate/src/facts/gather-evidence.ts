import {
  checkSbomSubject,
  dateEvidence,
  findBuildSource,
  parsePredicate,
  predicateKinds,
  predicateTypes,
  readEvidence,
  type EvidenceReport,
  type ReadEvidenceOptions,
  type VerifiedEvidence as FoundEvidence,
} from '@sallyport/attest'
import type { Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import type { PolicyFacts, VerifiedEvidence } from '@sallyport/policy'

/** Evidence about the source of a promotion, as the policy sees it. */
export type EvidenceFacts = NonNullable<PolicyFacts['evidence']>

/** Options of {@link describeEvidenceFacts}. */
export interface DescribeEvidenceFactsOptions {
  /** Digests of the image and of the index that names it. */
  readonly digests: readonly Digest[]
  /** purls of what the image was found to have. */
  readonly packages: readonly string[]
}

/** Reads and verifies the evidence about each of the subjects: an image, and the index that names it. */
export function readSourceEvidence(
  repository: Repository,
  subjects: readonly Digest[],
  options: ReadEvidenceOptions,
): Promise<readonly EvidenceReport[]> {
  return Promise.all(subjects.map((subject) => readEvidence(repository, subject, options)))
}

/** Says of evidence what rules ask for: what it is, who signed it and when, which builder it names, how its SBOM compares. */
export function describeEvidenceFacts(
  reports: readonly EvidenceReport[],
  options: DescribeEvidenceFactsOptions,
): EvidenceFacts {
  return {
    verified: reports.flatMap(({ subject, verified }) =>
      verified.map((found) => describeFound(subject, found, options)),
    ),
    rejected: reports.flatMap(({ rejected }) =>
      rejected.map(({ reason, message, manifest }) => ({ code: reason, message: `${manifest}: ${message}` })),
    ),
  }
}

function describeFound(
  subject: Digest,
  found: FoundEvidence,
  { digests, packages }: DescribeEvidenceFactsOptions,
): VerifiedEvidence {
  const { signer, payload, statement } = found
  const kind = kindOf(statement.predicateType)
  return {
    kind,
    predicateType: statement.predicateType,
    subject,
    digest: payload,
    signer:
      signer.kind === 'key'
        ? { kind: 'key', keyId: signer.keyId }
        : { kind: 'certificate', identity: signer.subject, issuer: signer.issuer },
    signedAt: dateEvidence(found)?.oldest.toISOString(),
    ...(kind === 'provenance' && describeBuild(statement)),
    ...(kind === 'sbom' && { sbom: compareSbom(statement, digests, packages) }),
  }
}

const { cyclonedx, spdx, provenance, provenanceV02, openvex, vulns, cosignVuln, vsa } = predicateKinds
const kinds = [
  ['sbom', [cyclonedx, spdx]],
  ['provenance', [provenance, provenanceV02]],
  ['vex', [openvex]],
  ['scan', [vulns, cosignVuln]],
  ['decision', [vsa]],
] as const

function kindOf(predicateType: string): VerifiedEvidence['kind'] {
  if (predicateType === predicateTypes.cosignSign) return 'signature'
  return kinds.find(([, known]) => known.some((kind) => kind.reads(predicateType)))?.[0] ?? 'other'
}

function describeBuild(statement: FoundEvidence['statement']): Pick<VerifiedEvidence, 'builder' | 'source'> {
  return (
    readable(() => {
      const isV1 = provenance.reads(statement.predicateType)
      const read = isV1 ? parsePredicate(statement, provenance) : parsePredicate(statement, provenanceV02)
      const id = 'runDetails' in read ? read.runDetails.builder.id : read.builder.id
      return { builder: { id }, source: findBuildSource(read)?.repository }
    }) ?? {}
  )
}

function compareSbom(
  statement: FoundEvidence['statement'],
  digests: readonly Digest[],
  inventoryPackages: readonly string[],
): VerifiedEvidence['sbom'] {
  const sbom = readable(() =>
    cyclonedx.reads(statement.predicateType)
      ? parsePredicate(statement, cyclonedx)
      : parsePredicate(statement, spdx),
  )
  return sbom && checkSbomSubject(sbom, digests, { inventoryPackages })
}

/** A predicate that can't be read says nothing, and rules take nothing for an answer. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
