import { generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { type Clock, systemClock } from '@sallyport/core'
import { z } from 'zod'
import { AttestError } from '../errors.ts'
import type { CertifiedSigner, IdentitySigner, KeylessSigner, SignerIdentity } from '../ports/signer.ts'
import type { IdentityTokenSource } from '../ports/identity-token-source.ts'
import { keySigner } from '../signing/key-signer.ts'
import { readIdentityClaims } from './identity/identity-claims.ts'
import { checkIssuedCertificate } from './issued-certificate.ts'
import { readCertificateIdentity } from './read-certificate-identity.ts'
import { parseAnswer } from '../service/parse-answer.ts'
import { askService } from '../service/ask-service.ts'
import type { ServiceOptions } from '../service/service-options.ts'
import { serviceUrl } from '../service/service-url.ts'

/** Options of {@link fulcioSigner}. */
export interface FulcioSignerOptions extends ServiceOptions {
  /** Base URL of the certificate authority, such as `https://fulcio.sigstore.dev`. */
  readonly url: string
  /** Who signs. */
  readonly token: IdentityTokenSource
  /** Whom identity tokens are for. Default `sigstore`. */
  readonly audience?: string | undefined
  /** Whom the certificate has to name, exactly. Default: whomever the token does. */
  readonly identity?: SignerIdentity | undefined
  /** Tells the time. Default: the system's. */
  readonly clock?: Clock | undefined
}

const service = 'Fulcio'
const signAsync = promisify(sign)
const generateKeyPairAsync = promisify(generateKeyPair)

const chain = z.object({ certificates: z.array(z.string().max(64 * 1024)).min(1) })
const answerSchema = z.union([
  z
    .object({ signedCertificateEmbeddedSct: z.object({ chain }) })
    .transform((answer) => answer.signedCertificateEmbeddedSct),
  // Authorities without a log of certificates, or with one that signs beside them. No format of signatures has a place
  // for a receipt of its own, so it is not kept.
  z
    .object({ signedCertificateDetachedSct: z.object({ chain }) })
    .transform((answer) => answer.signedCertificateDetachedSct),
])

/** The same as one identity, which is known beforehand: a certificate of anybody else is refused. */
export function fulcioSigner(
  options: FulcioSignerOptions & { readonly identity: SignerIdentity },
): IdentitySigner
/**
 * Signs as whoever an identity token names, with a key that Fulcio certifies for some minutes (`POST
 * /api/v2/signingCert`). Each `certify` asks for a token, makes an ECDSA P-256 key that never leaves this process's
 * memory, and has it certified. The signer that it returns may sign as often as its certificate lasts (ten minutes with
 * the public service), so that the pieces of one signature share a certificate; after that `sign` rejects.
 *
 * `certify` rejects with `IDENTITY_UNAVAILABLE` or `IDENTITY_INVALID` when there is no usable token (before it is sent
 * anywhere), `SERVICE_UNAVAILABLE` or `SERVICE_REFUSED` when Fulcio issues nothing, and `SERVICE_INVALID` when it
 * issues something else. `IDENTITY_INVALID` too when the certificate names another than `identity`. No error holds the
 * token.
 */
export function fulcioSigner(options: FulcioSignerOptions): KeylessSigner
export function fulcioSigner({
  url,
  token: source,
  audience = 'sigstore',
  identity,
  clock = systemClock,
  ...options
}: FulcioSignerOptions): KeylessSigner {
  return {
    ...(identity && { identity }),
    async certify({ signal } = {}) {
      signal?.throwIfAborted()
      const endpoint = serviceUrl(service, url, '/api/v2/signingCert')
      const token = (await source.token({ audience, signal })).trim()
      const { subject } = readIdentityClaims(token, { audience, now: clock.now() })
      const { publicKey, privateKey } = await generateKeyPairAsync('ec', { namedCurve: 'prime256v1' })
      const request = {
        credentials: { oidcIdentityToken: token },
        publicKeyRequest: {
          publicKey: {
            algorithm: 'ECDSA',
            content: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
          },
          proofOfPossession: (await signAsync('sha256', Buffer.from(subject), privateKey)).toString('base64'),
        },
      }
      const { body } = await askService(
        service,
        {
          method: 'POST',
          url: endpoint,
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify(request),
          secrets: [token, ...token.split('.')],
          signal,
        },
        options,
      )
      const { certificates } = parseAnswer(service, body, answerSchema).chain
      const { notAfter, ...certificate } = checkIssuedCertificate(certificates, {
        publicKey,
        now: clock.now(),
      })
      if (identity) requireCertified(identity, certificate.leaf)
      return certifiedSigner(privateKey, { certificate, notAfter, clock })
    },
  }
}

/** Before anything is signed: signatures of somebody else are in the log for good. */
function requireCertified(wanted: SignerIdentity, leaf: string): void {
  const named = readCertificateIdentity(leaf)
  if (named?.issuer === wanted.issuer && named.subject === wanted.subject) return
  const describe = ({ issuer, subject }: SignerIdentity): string =>
    [subject, issuer].map((text) => JSON.stringify(text.slice(0, 300))).join(', issued by ')
  throw new AttestError(
    'IDENTITY_INVALID',
    `${service} certified ${named ? describe(named) : 'nobody that can be read'}, and not ${describe(wanted)}: name whom the token is about, or take the token of that identity`,
  )
}

interface Certified {
  readonly certificate: CertifiedSigner['certificate']
  readonly notAfter: Date
  readonly clock: Clock
}

function certifiedSigner(key: KeyObject, { certificate, notAfter, clock }: Certified): CertifiedSigner {
  const signer = keySigner(key)
  return {
    ...signer,
    certificate,
    async sign(content, signOptions) {
      if (clock.now() >= notAfter)
        throw new AttestError(
          'SIGNING_FAILED',
          `the certificate has ended at ${notAfter.toISOString()}: certify again`,
        )
      return signer.sign(content, signOptions)
    },
  }
}
