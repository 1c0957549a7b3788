import {
  type CycloneDxPredicate,
  checkSbomSubject,
  dateEvidence,
  type EvidenceDates,
  type EvidenceLimits,
  parsePredicate,
  predicateKinds,
  readEvidence,
  type RejectedEvidence,
  type SpdxPredicate,
  type Statement,
  type VerifiedEvidence,
} from '@sallyport/attest'
import { type Digest, isSallyportError, parsePlatform, type Platform } from '@sallyport/core'
import type { Inventory } from '@sallyport/inventory'
import type * as SbomReader from '@sallyport/inventory/sbom'
import type { Repository } from '@sallyport/oci'
import type { AuditedEvidence } from '../audit-record.ts'
import { type AttestedUsage, readAttestedUsage } from '../judge/attested-usage.ts'
import type { CompiledTerms } from './compile-terms.ts'
import { kindOfEvidence } from './evidence-kind.ts'
import type { Fault } from './fault.ts'

/** A verified piece, without the documents that are large and were looked at. */
export interface ReadPiece {
  readonly kind: AuditedEvidence['kind']
  readonly evidence: Omit<VerifiedEvidence, 'statement'>
  readonly predicateType: string
  /** Of decisions and provenance only. */
  readonly statement?: Statement | undefined
  readonly dates?: EvidenceDates | undefined
  readonly sbom?: ReadSbom | undefined
  /** Of a provenance. */
  readonly usage?: AttestedUsage | undefined
}

/** An attested SBOM that was looked at. */
export interface ReadSbom {
  /** Why it does not describe the subject; then nothing more of it is read. */
  readonly fault?: Fault | undefined
  /** What it lists; only where images are judged anew. */
  readonly inventory?: Inventory | { readonly code: string; readonly message: string } | undefined
}

/** All evidence about one manifest, as far as classes depend on it. */
export interface SubjectEvidence {
  readonly subject: Digest
  readonly pieces: readonly ReadPiece[]
  readonly rejected: readonly RejectedEvidence[]
}

/** Options of {@link readSubject}. */
export interface ReadSubjectOptions {
  readonly compiled: CompiledTerms
  /** As an index says; an SBOM may say it too. */
  readonly platform?: Platform | undefined
  readonly limits?: EvidenceLimits | undefined
  readonly evidenceRepository?: Repository | undefined
  readonly now: Date
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads all evidence about a manifest once. SBOMs are large, so each is looked at here and let go.
 *
 * @throws {OciError} {@link AttestError} when the registry gives no answer.
 */
export async function readSubject(
  repository: Repository,
  subject: Digest,
  { compiled, platform, limits, evidenceRepository, now, signal }: ReadSubjectOptions,
): Promise<SubjectEvidence> {
  const { verified, rejected } = await readEvidence(repository, subject, {
    ...compiled.trust,
    limits,
    evidenceRepository,
    now: () => now,
    signal,
  })
  const { present } = compiled.terms
  const reader = present && (await import('@sallyport/inventory/sbom'))
  return {
    subject,
    rejected,
    pieces: verified.map((piece): ReadPiece => {
      const { statement, ...evidence } = piece
      const kind = kindOfEvidence(statement.predicateType, piece.store)
      // Documents of strangers are never opened: what they cost and say is theirs.
      const counts = kind === 'sbom' && compiled.sbom(piece, now) === undefined
      return {
        kind,
        evidence,
        predicateType: statement.predicateType,
        statement: kind === 'decision' || kind === 'provenance' ? withoutReport(statement) : undefined,
        dates: dateEvidence(piece),
        sbom: counts ? readSbom(statement, subject, reader && { reader, platform }) : undefined,
        usage: kind === 'provenance' && present ? readAttestedUsage(statement.predicate) : undefined,
      }
    }),
  }
}

/** The report of a hardening in its provenance may be large. */
function withoutReport(statement: Statement): Statement {
  const { predicate } = statement
  if (typeof predicate !== 'object' || predicate === null || !('runDetails' in predicate)) return statement
  const { runDetails } = predicate
  if (typeof runDetails !== 'object' || runDetails === null) return statement
  return { ...statement, predicate: { ...predicate, runDetails: { ...runDetails, byproducts: [] } } }
}

function readSbom(
  statement: Statement,
  subject: Digest,
  wanted: { readonly reader: typeof SbomReader; readonly platform?: Platform | undefined } | undefined,
): ReadSbom {
  let predicate: CycloneDxPredicate | SpdxPredicate
  try {
    predicate = predicateKinds.cyclonedx.reads(statement.predicateType)
      ? parsePredicate(statement, predicateKinds.cyclonedx)
      : parsePredicate(statement, predicateKinds.spdx)
  } catch (error) {
    if (!isSallyportError(error)) throw error
    return { fault: { class: 'unverifiable', code: 'predicate-invalid', message: error.message } }
  }
  const [problem] = checkSbomSubject(predicate, subject).problems
  if (problem !== undefined) return { fault: { class: 'sbom-disagrees', ...problem } }
  if (wanted === undefined) return {}
  try {
    const { inventoryOfSbom, readSbomDocument } = wanted.reader
    const sbom = readSbomDocument(predicate)
    const platform = wanted.platform ?? readPlatform(sbom.platform)
    return { inventory: inventoryOfSbom(sbom, { subject, platform }) }
  } catch (error) {
    if (!isSallyportError(error)) throw error
    return { inventory: { code: error.code, message: error.message } }
  }
}

/** Matching packages does not depend on it. */
function readPlatform(text: string | undefined): Platform {
  try {
    return parsePlatform(text ?? '')
  } catch {
    return { os: 'linux', architecture: 'unknown' }
  }
}
