import { type ImageVerdict, type TrustedRoot, verifyImage } from '@sallyport/attest'
import type { Repository } from '@sallyport/oci'

/** Whether the release workflow of this project signed the image, for a tag that is a version. */
export async function verifyIdentity(
  repository: Repository,
  reference: string,
  root: TrustedRoot,
  issuer = 'https://token.actions.githubusercontent.com',
): Promise<ImageVerdict> {
  const identity = {
    issuer,
    subject: {
      pattern: String.raw`https://github\.com/acme/app/\.github/workflows/release\.yml@refs/tags/v[0-9.]+`,
    },
    claims: { sourceRepositoryURI: 'https://github.com/acme/app' },
  }
  const requirements = [{ kind: 'signature', by: { identities: [identity] } }] as const
  return verifyImage(repository, reference, { root, requirements })
}
