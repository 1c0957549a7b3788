import type { Repository } from '@sallyport/oci'
import {
  createImageVerifier,
  type ImageVerifierOptions,
  type VerifyOptions,
} from './create-image-verifier.ts'
import type { ImageVerdict } from './image-verdict.ts'

/** Options of {@link verifyImage}. */
export interface VerifyImageOptions extends ImageVerifierOptions, VerifyOptions {}

/**
 * Says whether an image comes with what is required, and explains it: for each requirement what satisfies it, or why each
 * candidate does not. A tag is resolved once; take `digest` of the verdict from there on.
 *
 * Evidence is the union of all stores. Each candidate is read and its signature verified at most once, whatever the number
 * of requirements, the cheap and likely ones first, and no more once all is satisfied. Junk can't make a good image fail,
 * up to the limits.
 *
 * A signature does not say for which repository it was made: the same image in another repository comes with the same
 * evidence, if somebody copies it there. Against such replay ask for a `vsa` with `resourceUri`, or for `expectReference`.
 *
 * What keeps the registry from answering is a verdict `error`, never thrown and never a pass.
 *
 * @param reference A digest, or a tag of the repository.
 * @throws {AttestError} `REQUIREMENT_INVALID`, `KEY_INVALID`, `KEY_UNSUPPORTED`, `TRUST_INVALID` as
 *   {@link createImageVerifier}.
 */
export async function verifyImage(
  repository: Repository,
  reference: string,
  { subject, via, evidenceRepository, signal, ...options }: VerifyImageOptions,
): Promise<ImageVerdict> {
  const verifier = createImageVerifier(options)
  return verifier.verify(repository, reference, { subject, via, evidenceRepository, signal })
}
