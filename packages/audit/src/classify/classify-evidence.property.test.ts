import type { RejectedEvidence } from '@sallyport/attest'
import { digestOf } from '@sallyport/core'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditClasses } from '../audit-class.ts'
import type { SbomJudgement } from '../judge/judge-inventory.ts'
import { classifyEvidence } from './classify-evidence.ts'
import { type CompiledTerms, compileTerms } from './compile-terms.ts'
import { examineEvidence } from './examine-evidence.ts'
import { now, openLab, presentTerms, signers } from './evidence-lab.fixture.ts'
import { type ReadPiece, readSubject, type SubjectEvidence } from './read-subject.ts'

const rank = (name: string | undefined) => auditClasses.indexOf(name as (typeof auditClasses)[number])
const passed: SbomJudgement = { verdict: 'pass', reasons: [], unsettled: [], findings: {} }

const junk: fc.Arbitrary<RejectedEvidence> = fc.record({
  store: fc.constantFrom('bundle', 'legacy-signature', 'legacy-attestation', 'artifact-attestation'),
  manifest: fc.integer().map((seed) => digestOf(`${seed}`)),
  reason: fc.constantFrom(
    'manifest-invalid',
    'bundle-invalid',
    'signature-invalid',
    'key-unknown',
    'certificate-invalid',
    'identity-mismatch',
    'subject-mismatch',
    'statement-invalid',
  ),
  message: fc.string(),
})

describe('classifyEvidence', () => {
  let lab: Awaited<ReturnType<typeof openLab>>
  let compiled: CompiledTerms
  let place: string
  let evidence: SubjectEvidence
  /** Signed well by somebody who counts for something else. */
  let misplaced: readonly ReadPiece[]

  beforeAll(async () => {
    lab = await openLab()
    compiled = compileTerms(presentTerms())
    const scene = await lab.scene()
    place = scene.repository.name
    await scene.attachAll({ mode: 'both' })
    evidence = await readSubject(scene.repository, scene.image.descriptor.digest, { compiled, now })
    const other = await lab.scene()
    await other.sign({ by: signers.evidence })
    await other.sbom({ by: signers.release })
    await other.decide({ by: signers.evidence })
    await other.provenance({ by: signers.release })
    misplaced = (await readSubject(other.repository, other.image.descriptor.digest, { compiled, now })).pieces
  })
  afterAll(() => lab[Symbol.asyncDispose]())

  const classify = (pieces: readonly ReadPiece[], rejected: readonly RejectedEvidence[] = []) => {
    const own = examineEvidence({ ...evidence, pieces, rejected }, { compiled, place, now })
    const hasSbom = own.pieces.some(({ piece, fault }) => piece.kind === 'sbom' && fault === undefined)
    return classifyEvidence({ own, judgement: hasSbom ? passed : undefined }, compiled)
  }
  const some = () => fc.shuffledSubarray([...evidence.pieces])
  const strangers = () => fc.shuffledSubarray([...misplaced])

  it('has no better class for evidence that does not count, and no worse one where all that is needed does', () => {
    fc.assert(
      fc.property(some(), strangers(), fc.array(junk, { maxLength: 8 }), (pieces, others, rejected) => {
        const [without, beside] = [classify(pieces), classify([...pieces, ...others], rejected)]
        if (without.class === 'compliant' || without.class === 'legacy-only') {
          expect(beside.class).toBe(without.class)
          return
        }
        // Who signed without counting for anything is a signer all the same: that, and no more, can be pretended.
        const least = without.class === 'unsigned' ? 'wrong-identity' : without.class
        expect(rank(beside.class)).toBeLessThanOrEqual(rank(least))
        expect(beside.problems).toHaveLength(without.problems.length)
      }),
    )
  })

  it('is compliant, or only old, exactly when each kind that is needed is there', () => {
    fc.assert(
      fc.property(some(), (pieces) => {
        const kinds = new Set(pieces.map(({ kind }) => kind))
        const isWhole = (['signature', 'sbom', 'provenance', 'decision'] as const).every((kind) =>
          kinds.has(kind),
        )
        const { class: name } = classify(pieces)
        expect(name === 'compliant' || name === 'legacy-only').toBe(isWhole)
      }),
    )
  })

  it('does not depend on the order of the evidence', () => {
    fc.assert(
      fc.property(some(), fc.array(junk, { maxLength: 4 }), (pieces, rejected) => {
        const sorted = pieces.toSorted((one, other) => (one.evidence.blob < other.evidence.blob ? -1 : 1))
        const classes = ({ problems }: ReturnType<typeof classify>) => problems.map((one) => one.class)
        expect(classes(classify(pieces, rejected.toReversed()))).toEqual(classes(classify(sorted, rejected)))
      }),
    )
  })
})
