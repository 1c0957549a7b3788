import { type ImageVerifierOptions, verifyImage } from '@sallyport/attest'
import { type Digest, isDigest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { GateError } from '../errors.ts'
import { findDocument, type PolicyDocumentKind, policyArtifactTypes } from './policy-artifact.ts'

/** Options of {@link pullPolicyDocument}. */
export interface PullPolicyDocumentOptions {
  /** Policy or waivers. */
  readonly kind: PolicyDocumentKind
  /**
   * Whose signatures it must come with. May be left out only where the reference is a digest, which says what the document
   * is by itself.
   */
  readonly verify?: ImageVerifierOptions | undefined
  /** Ends the pull; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** A document of a registry. */
export interface PulledPolicyDocument {
  /** The document, as it was pushed. */
  readonly text: string
  /** `registry/repository@digest`: give it to `parsePolicy` or `parseWaivers` as their source. */
  readonly source: string
  /** Digest of the manifest; pin it to have exactly this document again. */
  readonly digest: Digest
}

/**
 * Pulls a policy or a file of waivers by tag or digest. A tag is resolved once, then verified and read by digest.
 *
 * @throws {GateError} `OPTIONS_INVALID` when a tag comes without `verify`, or it is no document of this kind.
 * @throws {GateError} `VERIFICATION_FAILED` when it does not come with the signatures that are asked for, or that can't be
 *   told. What the repository rejects with passes through.
 */
export async function pullPolicyDocument(
  repository: Repository,
  reference: string,
  { kind, verify, signal }: PullPolicyDocumentOptions,
): Promise<PulledPolicyDocument> {
  if (!verify && !isDigest(reference)) {
    throw new GateError(
      'OPTIONS_INVALID',
      `${repository.name}:${reference}: a tag can be moved by anyone who may push; say whose signatures count, or name a digest`,
    )
  }
  const manifest = await repository.getManifest(reference, { signal })
  const { digest } = manifest.descriptor
  const source = `${repository.name}@${digest}`
  if (verify) {
    const { allow, requirements, error } = await verifyImage(repository, digest, { ...verify, signal })
    if (!allow) {
      const why =
        error?.message ?? requirements.find(({ satisfied }) => !satisfied)?.message ?? 'not verified'
      throw new GateError('VERIFICATION_FAILED', `${source}: ${why}`)
    }
  }
  const layer = findDocument(kind, manifest)
  if (!layer) {
    throw new GateError(
      'OPTIONS_INVALID',
      `${source} is no artifact of type ${policyArtifactTypes[kind]} with one document of at most 1 MiB`,
    )
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of repository.open(layer, { signal })) chunks.push(chunk)
  return { text: Buffer.concat(chunks).toString('utf8'), source, digest }
}
