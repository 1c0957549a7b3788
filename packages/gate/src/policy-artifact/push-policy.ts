import { attachSignature, type Signer } from '@sallyport/attest'
import type { Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { packPolicyDocument, type PolicyDocumentKind } from './policy-artifact.ts'

/** Options of {@link pushPolicyDocument}. */
export interface PushPolicyDocumentOptions {
  /** Policy or waivers. */
  readonly kind: PolicyDocumentKind
  /** The document, as `parsePolicy` or `parseWaivers` reads it; parse it first. At most 1 MiB. */
  readonly text: string
  /** Points to it once it is there and signed. Default: none, it is known by its digest. */
  readonly tag?: string | undefined
  /** Signs it: the security team for the policy, whoever reviews exceptions for the waivers. Default: not signed. */
  readonly signer?: Signer | undefined
  /** As in `AttachOptions` of `@sallyport/attest`. */
  readonly createdAt?: Date | undefined
  /** As in `AttachOptions` of `@sallyport/attest`. */
  readonly settleMs?: number | undefined
  /** Ends the push; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Pushes a policy or a file of waivers as an OCI artifact, signs it, and moves the tag last. The same text has the same
 * digest everywhere. What the repository rejects with passes through.
 */
export async function pushPolicyDocument(
  repository: Repository,
  { kind, text, tag, signer, createdAt, settleMs, signal }: PushPolicyDocumentOptions,
): Promise<{ readonly digest: Digest }> {
  const { manifest, blobs } = packPolicyDocument(kind, text)
  for (const { descriptor, bytes } of blobs) await repository.write(descriptor, once(bytes), { signal })
  await repository.putManifest(manifest, { signal })
  if (signer) await attachSignature(repository, manifest.descriptor, signer, { createdAt, settleMs, signal })
  if (tag !== undefined) await repository.putManifest(manifest, { tag, signal })
  return { digest: manifest.descriptor.digest }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
