import type { SignerIdentity } from '@sallyport/attest'

/** The workflow on one branch: who may write that file there is who may release. */
export const workflow: SignerIdentity = {
  issuer: 'https://token.actions.githubusercontent.com',
  subject: 'https://github.com/team/app/.github/workflows/promote.yml@refs/heads/main',
}
