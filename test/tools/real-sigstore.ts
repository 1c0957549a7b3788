import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import {
  buildSigningConfig,
  buildTrustedRoot,
  createSigstore,
  startOidcIssuer,
} from '@sallyport/testkit/sigstore'
import type { SigningConfig, TokenOptions, TrustedRoot } from '@sallyport/testkit/sigstore'
import { startCertificateTransparencyLog } from './certificate-transparency-log.ts'
import { startFulcio } from './fulcio.ts'
import { startRekor } from './rekor.ts'
import type { StartLimits } from './running-program.ts'
import { startTimestampServer } from './timestamp-server.ts'

export interface RealSigstoreOptions extends StartLimits {
  /** A folder for the services' stores, settings and logs. */
  readonly directory: string
}

/** Sigstore's own services, started by a suite, which must close them. */
export interface RealSigstore extends AsyncDisposable {
  readonly fulcioUrl: string
  /** Rekor v2. */
  readonly rekorUrl: string
  /** Requests are posted to it. */
  readonly tsaUrl: string
  /** The issuer of tokens for e-mail addresses. */
  readonly oidcUrl: string
  /** The issuer of tokens for GitHub workflows. */
  readonly githubUrl: string
  /** The services' keys and certificates. */
  readonly trustedRoot: TrustedRoot
  readonly signingConfig: SigningConfig
  /** Issues a token that Fulcio accepts: for a GitHub workflow if the claims are of one, else for an e-mail address. */
  issueToken(options: TokenOptions): string
  close(): Promise<void>
}

/** Starts Fulcio, TesseraCT, Rekor v2 and the timestamp authority, and OIDC issuers of ours for Fulcio. */
export async function startRealSigstore({
  directory,
  ...limits
}: RealSigstoreOptions): Promise<RealSigstore> {
  await mkdir(directory, { recursive: true })
  await using started = new AsyncDisposableStack()
  const emailIssuer = started.use(await startOidcIssuer())
  const githubIssuer = started.use(await startOidcIssuer())

  // The authority's certificates are ours; the certificates that it issues are Fulcio's.
  const { certificateAuthority, validity } = createSigstore()
  const [issuing, root] = certificateAuthority.chain.map((der) => new X509Certificate(der).toString())
  const ctKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const rekorKey = generateKeyPairSync('ed25519')
  const hostname = 'rekor.sigstore.test'
  const starting = [
    startCertificateTransparencyLog({ directory, roots: root!, key: ctKey.privateKey, ...limits }),
    startRekor({ directory, hostname, key: rekorKey.privateKey, ...limits }),
    startTimestampServer({ directory, ...limits }),
  ] as const
  // If one of them fails, those that did start are stopped.
  for (const result of await Promise.allSettled(starting))
    if (result.status === 'fulfilled') started.use(result.value)
  const [ctLog, rekor, timestamps] = await Promise.all(starting)
  const fulcio = started.use(
    await startFulcio({
      directory,
      issuers: [
        { url: emailIssuer.url, type: 'email' },
        { url: githubIssuer.url, type: 'github-workflow' },
      ],
      chain: `${issuing}${root}`,
      key: certificateAuthority.key.privateKey,
      ctLogUrl: ctLog.url,
      ...limits,
    }),
  )

  const operator = 'sigstore.test'
  const trustedRoot = buildTrustedRoot({
    operator,
    validity,
    tlogs: [{ hostname, publicKey: rekorKey.publicKey }],
    ctlogs: [{ hostname: 'ct.sigstore.test', publicKey: ctKey.publicKey }],
    certificateAuthorities: [{ hostname: 'fulcio.sigstore.test', chain: certificateAuthority.chain }],
    timestampAuthorities: [{ hostname: 'timestamp.sigstore.test', chain: derChain(timestamps.chain) }],
  })
  const signingConfig = buildSigningConfig({
    fulcioUrl: fulcio.url,
    oidcUrl: emailIssuer.url,
    rekorUrls: { 2: rekor.url },
    timestampUrl: timestamps.url,
    operator,
    validity,
  })
  const running = started.move()
  const close = (): Promise<void> => running.disposeAsync()
  return {
    fulcioUrl: fulcio.url,
    rekorUrl: rekor.url,
    tsaUrl: timestamps.url,
    oidcUrl: emailIssuer.url,
    githubUrl: githubIssuer.url,
    trustedRoot,
    signingConfig,
    issueToken: (options) =>
      (options.claims && 'job_workflow_ref' in options.claims ? githubIssuer : emailIssuer).issueToken(
        options,
      ),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** The certificates of a PEM file, in DER. */
function derChain(pem: string): Buffer[] {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return certificates.map((certificate) => new X509Certificate(certificate).raw)
}
