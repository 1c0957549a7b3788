import { join } from 'node:path'
import { startRealSigstore } from '@sallyport/test-tools'
import {
  githubClaims,
  type SigningConfig,
  startSigstore,
  type TokenOptions,
  type TrustedRoot,
} from '@sallyport/testkit/sigstore'

/** The timestamp authority may have to wait for another's end. */
export const deploymentTimeoutMs = 60_000

/** What signers and verifiers need to know of a Sigstore. */
export interface SigstoreDeployment extends AsyncDisposable {
  readonly emailIssuer: string
  readonly githubIssuer: string
  readonly trustedRoot: TrustedRoot
  readonly signingConfig: SigningConfig
  issueToken(options: TokenOptions): string
}

/** The deployments of the suites about keyless signing. Rekor v1 needs databases, so there it is testkit's. */
export const sigstoreDeployments = [
  {
    name: 'the real Fulcio, TesseraCT, Rekor v2 and timestamp authority',
    rekor: 2,
    async start(directory: string): Promise<SigstoreDeployment> {
      const services = join(directory, 'services')
      const real = await startRealSigstore({ directory: services, timeoutMs: deploymentTimeoutMs })
      return Object.assign(real, { emailIssuer: real.oidcUrl, githubIssuer: real.githubUrl })
    },
  },
  {
    name: "testkit's Sigstore with Rekor v1 and a timestamp authority",
    rekor: 1,
    async start(): Promise<SigstoreDeployment> {
      const ours = await startSigstore()
      const isVersion1 = ({ majorApiVersion }: { readonly majorApiVersion: number }) => majorApiVersion === 1
      const rekorTlogUrls = ours.signingConfig.rekorTlogUrls.filter(isVersion1)
      const signingConfig = { ...ours.signingConfig, rekorTlogUrls }
      return Object.assign(ours, { emailIssuer: ours.oidcUrl, githubIssuer: ours.oidcUrl, signingConfig })
    },
  },
] as const

/** Who signs, in a token, and how both sides are told whom to accept and whom not. */
export const sampleIdentities = [
  {
    who: 'an e-mail address',
    repository: 'email',
    token: { email: 'developer@acme.test' },
    issuer: 'emailIssuer',
    subject: 'developer@acme.test',
    another: 'somebody@acme.test',
    claims: {},
    flags: [],
    otherClaims: undefined,
    otherFlag: undefined,
  },
  {
    who: 'a GitHub workflow',
    repository: 'workflow',
    token: { claims: githubClaims() },
    issuer: 'githubIssuer',
    subject: 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main',
    another: 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/feature',
    claims: {
      buildTrigger: 'push',
      sourceRepositoryURI: 'https://github.com/acme/app',
      sourceRepositoryRef: 'refs/heads/main',
      runnerEnvironment: 'github-hosted',
    },
    flags: [
      '--certificate-github-workflow-trigger=push',
      '--certificate-github-workflow-repository=acme/app',
      '--certificate-github-workflow-ref=refs/heads/main',
      '--certificate-github-workflow-name=release',
    ],
    otherClaims: { buildTrigger: 'pull_request' },
    otherFlag: '--certificate-github-workflow-trigger=pull_request',
  },
] as const
