import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { CertificationRequest } from '@peculiar/asn1-csr'
import { AsnConvert } from '@peculiar/asn1-schema'
import type { CertificateAuthority } from '../certificates/certificate-authority.ts'
import { serialize } from '../certificates/build-certificate.ts'
import { toArrayBuffer } from '../der.ts'
import { keyAlgorithmOf, verifiesContent } from '../keys/key-algorithm.ts'
import { identityOfClaims } from '../oidc/identity-of-claims.ts'
import type { OidcIssuer } from '../oidc/oidc-issuer.ts'
import type { ServiceHandler, ServiceRequest, ServiceResponse } from './start-http-service.ts'

interface SigningCertRequest {
  readonly credentials?: { readonly oidcIdentityToken?: string }
  readonly publicKeyRequest?: {
    readonly publicKey?: { readonly content?: string }
    readonly proofOfPossession?: string
  }
  readonly certificateSigningRequest?: string
}

/** Fulcio's interface v2 before an authority. */
export function serveFulcio(authority: CertificateAuthority, issuer: OidcIssuer): ServiceHandler {
  return (request) => {
    switch (`${request.method} ${request.path}`) {
      case 'POST /api/v2/signingCert':
        return signingCert(request, authority, issuer)
      case 'GET /api/v2/trustBundle':
        return { status: 200, body: { chains: [{ certificates: authority.chain.map(pem) }] } }
      case 'GET /api/v2/configuration': {
        const described = { issuerUrl: issuer.url, audience: 'sigstore', challengeClaim: 'sub' }
        return { status: 200, body: { issuers: [described] } }
      }
      default:
        return undefined
    }
  }
}

function signingCert(
  request: ServiceRequest,
  authority: CertificateAuthority,
  issuer: OidcIssuer,
): ServiceResponse {
  let body: SigningCertRequest
  try {
    body = JSON.parse(request.body.toString()) as SigningCertRequest
  } catch {
    return refusal('the request is no JSON')
  }
  const bearer = /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '')?.[1]
  let claimed
  try {
    const token = body.credentials?.oidcIdentityToken ?? bearer ?? ''
    claimed = identityOfClaims(issuer.verifyToken(token, 'sigstore'))
  } catch {
    return refusal('There was an error processing the identity token')
  }
  let proven: ProvenKey
  try {
    proven =
      body.certificateSigningRequest === undefined
        ? keyOfRequest(body, claimed.challenge)
        : keyOfCsr(Buffer.from(body.certificateSigningRequest, 'base64').toString())
  } catch {
    return refusal('The public key supplied in the request could not be parsed')
  }
  const { publicKey, isProven } = proven
  try {
    keyAlgorithmOf(publicKey)
  } catch {
    return refusal('The public key supplied in the request is insecure')
  }
  if (!isProven) return refusal('The signature supplied in the request could not be verified')
  const { certificate, chain } = authority.certify(publicKey, { identity: claimed.identity })
  const certificates = [certificate, ...chain].map(pem)
  return { status: 200, body: { signedCertificateEmbeddedSct: { chain: { certificates } } } }
}

interface ProvenKey {
  readonly publicKey: KeyObject
  /** Whether who asks has the private key. */
  readonly isProven: boolean
}

function keyOfRequest({ publicKeyRequest }: SigningCertRequest, challenge: string): ProvenKey {
  const publicKey = createPublicKey(publicKeyRequest?.publicKey?.content ?? '')
  const proof = Buffer.from(publicKeyRequest?.proofOfPossession ?? '', 'base64')
  return { publicKey, isProven: proves(publicKey, Buffer.from(challenge), proof) }
}

function keyOfCsr(text: string): ProvenKey {
  const der = Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  const { certificationRequestInfo, signature } = AsnConvert.parse(toArrayBuffer(der), CertificationRequest)
  const spki = serialize(certificationRequestInfo.subjectPKInfo)
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const signed = serialize(certificationRequestInfo)
  return { publicKey, isProven: proves(publicKey, signed, new Uint8Array(signature)) }
}

function proves(publicKey: KeyObject, content: Uint8Array, proof: Uint8Array): boolean {
  try {
    return verifiesContent(publicKey, content, proof)
  } catch {
    return false
  }
}

/** The error of a gRPC gateway: `INVALID_ARGUMENT`. */
const refusal = (message: string): ServiceResponse => ({
  status: 400,
  body: { code: 3, message, details: [] },
})

const pem = (der: Uint8Array): string => new X509Certificate(der).toString()
