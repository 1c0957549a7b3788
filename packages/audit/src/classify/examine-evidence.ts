import { checkBuilder, parsePredicate, predicateKinds, predicateTypes } from '@sallyport/attest'
import { type Digest, isSallyportError } from '@sallyport/core'
import type { Inventory } from '@sallyport/inventory'
import type { AttestedUsage } from '../judge/attested-usage.ts'
import type { CompiledTerms } from './compile-terms.ts'
import { type DecisionExamination, examineDecision } from './examine-decision.ts'
import type { Fault } from './fault.ts'
import type { ReadPiece, SubjectEvidence } from './read-subject.ts'

/** A verified piece, and whether it counts for what it is. */
export interface ExaminedPiece {
  readonly piece: ReadPiece
  /** Why it does not count; absent when it does, and for kinds that nothing asks for. */
  readonly fault?: Fault | undefined
  readonly decision?: DecisionExamination['examined']
}

/** All evidence about one manifest, judged piece by piece for one place, tier and time. */
export interface ExaminedEvidence {
  readonly subject: Digest
  readonly pieces: readonly ExaminedPiece[]
  readonly rejected: SubjectEvidence['rejected']
}

/** Options of {@link examineEvidence}. */
export interface ExamineEvidenceOptions {
  readonly compiled: CompiledTerms
  /** `registry/repository`. */
  readonly place: string
  readonly now: Date
}

/** Judges each verified piece of evidence by the terms. Pure. */
export function examineEvidence(
  evidence: SubjectEvidence,
  options: ExamineEvidenceOptions,
): ExaminedEvidence {
  const { subject, pieces, rejected } = evidence
  return {
    subject,
    rejected,
    pieces: pieces.map((piece): ExaminedPiece => {
      switch (piece.kind) {
        case 'signature':
          return { piece, fault: strangerFault(options.compiled.signature(piece.evidence, options.now)) }
        case 'sbom':
          return { piece, fault: findSbomFault(piece, options) }
        case 'provenance':
          return { piece, fault: findProvenanceFault(piece, options) }
        case 'decision': {
          const { fault, examined } = examineDecision(piece, evidence, options)
          return { piece, fault, decision: examined }
        }
        default:
          return { piece }
      }
    }),
  }
}

/** Of what counts, the inventories of its SBOMs. */
export function inventoriesOf({
  pieces,
}: ExaminedEvidence): readonly (Inventory | { readonly code: string; readonly message: string })[] {
  return pieces.flatMap(({ piece, fault }) =>
    piece.kind === 'sbom' && fault === undefined ? (piece.sbom?.inventory ?? []) : [],
  )
}

/** What the newest provenance of a hardening that counts tells of usage. */
export function usageOf({ pieces }: ExaminedEvidence): AttestedUsage | undefined {
  const told = pieces.filter(({ piece, fault }) => piece.usage !== undefined && fault === undefined)
  const newest = told.toSorted(
    (one, other) => (other.piece.dates?.oldest.getTime() ?? 0) - (one.piece.dates?.oldest.getTime() ?? 0),
  )
  return newest[0]?.piece.usage
}

const strangerFault = (
  problem: { readonly code: string; readonly message: string } | undefined,
): Fault | undefined => problem && { class: 'wrong-identity', code: problem.code, message: problem.message }

function findSbomFault(piece: ReadPiece, { compiled, now }: ExamineEvidenceOptions): Fault | undefined {
  const stranger = strangerFault(compiled.sbom(piece.evidence, now))
  if (stranger !== undefined || piece.sbom !== undefined) return stranger ?? piece.sbom?.fault
  // Whoever signed it did not count when it was read, and its document was let go.
  return { class: 'unverifiable', code: 'not-read', message: 'it was not read' }
}

function findProvenanceFault(
  { evidence, statement, predicateType }: ReadPiece,
  { compiled, now }: ExamineEvidenceOptions,
): Fault | undefined {
  const { builders } = compiled
  const stranger =
    builders === undefined
      ? compiled.signature(evidence, now)
      : [...builders.values()].every(({ isSignedBy }) => isSignedBy(evidence, now) !== undefined)
        ? [...builders.values()][0]?.isSignedBy(evidence, now)
        : undefined
  if (stranger !== undefined) return strangerFault(stranger)
  try {
    if (statement === undefined) throw new TypeError('a provenance without its statement')
    const provenance =
      predicateType === predicateTypes.provenance
        ? parsePredicate(statement, predicateKinds.provenance)
        : parsePredicate(statement, predicateKinds.provenanceV02)
    if (builders === undefined) return undefined
    const { problems } = checkBuilder(provenance, {
      builders: Object.fromEntries(
        [...builders].map(([id, { level = 1, isSignedBy }]) => [
          id,
          { maxLevel: level, signedBy: () => isSignedBy(evidence, now) === undefined },
        ]),
      ),
      signer: evidence.signer,
    })
    const [problem] = problems
    if (problem === undefined) return undefined
    return { class: problem.code === 'signer-mismatch' ? 'wrong-identity' : 'no-provenance', ...problem }
  } catch (error) {
    if (!isSallyportError(error)) throw error
    return { class: 'unverifiable', code: 'predicate-invalid', message: error.message }
  }
}
