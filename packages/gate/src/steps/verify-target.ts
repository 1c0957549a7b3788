import type { RawManifest } from '@sallyport/core'
import { readEvidence, type Signer } from '@sallyport/attest'
import { parseManifest, type Repository } from '@sallyport/oci'
import { GateError } from '../errors.ts'
import type { AttachedEvidence } from '../promote/outcome.ts'

/** Options of {@link verifyTarget}. */
export interface VerifyTargetOptions {
  readonly signer: {
    readonly evidence: Pick<Signer, 'publicKey'>
    readonly release: Pick<Signer, 'publicKey'>
  }
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a promotion back from the target as a consumer would: every manifest by digest, every blob's presence, and
 * every piece of evidence by its signature.
 *
 * @throws {GateError} `VERIFICATION_FAILED` naming what is missing or does not verify. No tag may move then.
 */
export async function verifyTarget(
  target: Repository,
  images: readonly RawManifest[],
  index: RawManifest | undefined,
  evidence: readonly AttachedEvidence[],
  { signer, signal }: VerifyTargetOptions,
): Promise<void> {
  const subjects = [...images, ...(index ? [index] : [])]
  for (const { descriptor } of subjects) {
    // The repository compares the bytes with the digest.
    if (!(await target.findManifest(descriptor.digest, { signal })))
      throw missing(target, `manifest ${descriptor.digest}`)
  }
  for (const image of images) {
    const { config, layers } = parseManifest(image)
    for (const blob of [config, ...layers]) {
      if (!(await target.has(blob, { signal }))) throw missing(target, `blob ${blob.digest}`)
    }
  }

  const keys = [...new Set([signer.evidence.publicKey, signer.release.publicKey])]
  for (const { descriptor } of subjects) {
    const { verified, rejected } = await readEvidence(target, descriptor.digest, { keys, signal })
    for (const expected of evidence.filter(({ subject }) => subject === descriptor.digest)) {
      // By what was signed, by whom and where: a manifest under a tag changes when more is appended.
      for (const { store, payload, manifest, blob } of expected.pieces) {
        const found = verified.some(
          (candidate) =>
            candidate.store === store && candidate.payload === payload && candidate.keyId === expected.keyId,
        )
        if (found) continue
        const why =
          rejected.find(
            (other) =>
              other.store === store && (other.blob === blob || (!other.blob && other.manifest === manifest)),
          )?.message ?? 'it is not there'
        throw missing(target, `${expected.predicateType} of ${descriptor.digest} as ${store}: ${why}`)
      }
    }
  }
}

function missing(target: Repository, what: string): GateError {
  return new GateError('VERIFICATION_FAILED', `${target.name} does not hold what was promoted: ${what}`, {
    step: 'verify',
    side: 'target',
  })
}
