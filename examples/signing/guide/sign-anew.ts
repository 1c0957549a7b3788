import { attachSignature, type ImageVerdict, type Signer, verifyImage } from '@sallyport/attest'
import type { Repository } from '@sallyport/oci'

/** Signs with the next key what the old one has signed, and nothing else. */
export async function signAnew(
  repository: Repository,
  tag: string,
  oldKey: string,
  next: Signer,
): Promise<ImageVerdict> {
  const requirements = [{ kind: 'signature', by: { keys: [oldKey] } }] as const
  const verdict = await verifyImage(repository, tag, { requirements })
  if (verdict.allow && verdict.digest) {
    const { descriptor } = await repository.getManifest(verdict.digest)
    await attachSignature(repository, descriptor, next)
  }
  return verdict
}
