import { type Descriptor, type Digest, isSallyportError, type RawManifest } from '@sallyport/core'
import {
  type AttachedPiece,
  type EvidenceReport,
  type EvidenceSigner,
  readEvidence,
  type VerificationTrust,
} from '@sallyport/attest'
import { parseManifest, type Repository } from '@sallyport/oci'
import { GateError } from '../errors.ts'
import type { AttachedEvidence } from '../record/attached-evidence.ts'
import type { SignedBy } from '../record/signed-by.ts'

/** Options of {@link verifyTarget}. */
export interface VerifyTargetOptions {
  /** Whom evidence and release must be signed by. */
  readonly trust: VerificationTrust
  /** Ends the work; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a promotion back from the target as a consumer would: every manifest by digest, every blob's presence, and
 * every piece of evidence by its signature. Resolves with the evidence and where it was found.
 *
 * @throws {GateError} `VERIFICATION_FAILED` naming what is missing or does not verify. No tag may move then.
 */
export async function verifyTarget(
  target: Repository,
  images: readonly Descriptor[],
  index: Descriptor | undefined,
  evidence: readonly AttachedEvidence[],
  { trust, signal }: VerifyTargetOptions,
): Promise<readonly AttachedEvidence[]> {
  for (const { digest } of images) {
    const { config, layers } = parseManifest(await getIntact(target, digest, signal))
    for (const blob of [config, ...layers]) {
      if (!(await target.has(blob, { signal }))) throw missing(target, `blob ${blob.digest}`)
    }
  }
  if (index) await getIntact(target, index.digest, signal)

  const found: AttachedEvidence[] = []
  for (const { digest } of [...images, ...(index ? [index] : [])]) {
    const report = await readEvidence(target, digest, { ...trust, signal })
    for (const expected of evidence.filter(({ subject }) => subject === digest)) {
      const pieces = expected.pieces.map((piece) => findPiece(target, expected, piece, report))
      found.push({ ...expected, pieces })
    }
  }
  return found
}

/** The repository compares the bytes with the digest; other bytes are as good as none. */
async function getIntact(
  target: Repository,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<RawManifest> {
  try {
    const found = await target.findManifest(digest, { signal })
    if (found) return found
  } catch (cause) {
    if (!isSallyportError(cause) || !/^(DIGEST|SIZE)_MISMATCH$/.test(cause.code)) throw cause
  }
  throw missing(target, `manifest ${digest}`)
}

function findPiece(
  target: Repository,
  expected: AttachedEvidence,
  { store, payload, manifest }: AttachedPiece,
  { verified, rejected }: EvidenceReport,
): AttachedPiece {
  const found = verified.find(
    (candidate) =>
      candidate.store === store && candidate.payload === payload && isSignedBy(candidate.signer, expected),
  )
  // Manifests under a tag are replaced when more evidence joins them, so they are named as they are now.
  if (found) return { store, payload, manifest: found.manifest, blob: found.blob }
  const { subject, predicateType } = expected
  const why = rejected.find((candidate) => candidate.manifest === manifest)?.message ?? 'it is not there'
  throw missing(target, `${predicateType} of ${subject} as ${store}: ${why}`)
}

function isSignedBy(signer: EvidenceSigner, by: SignedBy): boolean {
  if (signer.kind === 'key') return 'keyId' in by && signer.keyId === by.keyId
  return 'identity' in by && signer.issuer === by.identity.issuer && signer.subject === by.identity.subject
}

function missing(target: Repository, what: string): GateError {
  return new GateError('VERIFICATION_FAILED', `${target.name} does not hold what was promoted: ${what}`, {
    step: 'verify',
    side: 'target',
  })
}
