import { generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { z } from 'zod'
import { AttestError } from '../errors.ts'
import type { CertifiedSigner, KeylessSigner } from '../ports/signer.ts'
import type { IdentityTokenSource } from '../ports/identity-token-source.ts'
import { keySigner } from '../signing/key-signer.ts'
import { readIdentityClaims } from './identity/identity-claims.ts'
import { checkIssuedCertificate } from './issued-certificate.ts'
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
  /** Default: the machine's clock. */
  readonly now?: (() => Date) | undefined
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

/**
 * Signs as whoever an identity token names, with a key that Fulcio certifies for some minutes (`POST
 * /api/v2/signingCert`). Each `certify` asks for a token, makes an ECDSA P-256 key that never leaves this process's
 * memory, and has it certified. The signer that it returns may sign as often as its certificate lasts (ten minutes with
 * the public service), so that the pieces of one signature share a certificate; after that `sign` rejects.
 *
 * `certify` rejects with `IDENTITY_UNAVAILABLE` or `IDENTITY_INVALID` when there is no usable token (before it is sent
 * anywhere), `SERVICE_UNAVAILABLE` or `SERVICE_REFUSED` when Fulcio issues nothing, and `SERVICE_INVALID` when it
 * issues something else. No error holds the token.
 */
export function fulcioSigner({
  url,
  token: source,
  audience = 'sigstore',
  now = () => new Date(),
  ...options
}: FulcioSignerOptions): KeylessSigner {
  return {
    async certify({ signal } = {}) {
      signal?.throwIfAborted()
      const endpoint = serviceUrl(service, url, '/api/v2/signingCert')
      const token = (await source.token({ audience, signal })).trim()
      const { subject } = readIdentityClaims(token, { audience, now: now() })
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
      const { notAfter, ...certificate } = checkIssuedCertificate(certificates, { publicKey, now: now() })
      return certifiedSigner(privateKey, { certificate, notAfter, now })
    },
  }
}

interface Certified {
  readonly certificate: CertifiedSigner['certificate']
  readonly notAfter: Date
  readonly now: () => Date
}

function certifiedSigner(key: KeyObject, { certificate, notAfter, now }: Certified): CertifiedSigner {
  const signer = keySigner(key)
  return {
    ...signer,
    certificate,
    async sign(content, signOptions) {
      if (now() >= notAfter)
        throw new AttestError(
          'SIGNING_FAILED',
          `the certificate has ended at ${notAfter.toISOString()}: certify again`,
        )
      return signer.sign(content, signOptions)
    },
  }
}
