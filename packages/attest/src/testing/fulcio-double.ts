import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { tokenTime } from './identity-token.ts'
import { createAuthority, issueCertificate, type TestCertificate } from './issue-certificate.ts'
import { type ScriptedAnswer, type ScriptedService, startScriptedService } from './scripted-service.ts'

/** What a certificate authority of a test does differently from what it should. */
export interface FulcioDoubleOptions {
  /** Changes the certificate before it is issued. */
  readonly change?: ((certificate: TestCertificate) => TestCertificate) | undefined
  /** Changes the chain before it is given out. */
  readonly changeChain?: ((chain: readonly string[]) => readonly string[]) | undefined
  readonly detached?: boolean | undefined
}

/** What Fulcio's gateway says of errors. */
export function fulcioError(status: number, message: string): ScriptedAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: 3, message, details: [] }),
  }
}

/** Answers `POST /api/v2/signingCert`, after it has checked that the asker has the key. */
export async function startFulcioDouble({
  change = (certificate) => certificate,
  changeChain = (chain) => chain,
  detached = false,
}: FulcioDoubleOptions = {}): Promise<ScriptedService> {
  const root = createAuthority('root', { at: tokenTime })
  const intermediate = createAuthority('intermediate', { at: tokenTime, by: root })
  return startScriptedService(({ method, path, body }) => {
    if (method !== 'POST' || path !== '/api/v2/signingCert') return { status: 404 }
    const request = JSON.parse(body.toString()) as {
      credentials: { oidcIdentityToken: string }
      publicKeyRequest: { publicKey: { algorithm: string; content: string }; proofOfPossession: string }
    }
    const [, payload = ''] = request.credentials.oidcIdentityToken.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string; email?: string }
    const { publicKey, proofOfPossession } = request.publicKeyRequest
    const key: KeyObject = createPublicKey(publicKey.content)
    const proof = Buffer.from(proofOfPossession, 'base64')
    if (!verify('sha256', Buffer.from(claims.email ?? claims.sub), key, proof))
      return fulcioError(400, 'The signature supplied in the request could not be verified')
    const leaf = issueCertificate(
      change({
        name: 'leaf',
        publicKey: key,
        issuer: intermediate,
        notBefore: tokenTime,
        notAfter: new Date(tokenTime.getTime() + 600_000),
      }),
    )
    const chain = { certificates: changeChain([leaf, intermediate.pem, root.pem]) }
    const answer = detached
      ? { signedCertificateDetachedSct: { chain, signedCertificateTimestamp: '' } }
      : { signedCertificateEmbeddedSct: { chain } }
    return { body: JSON.stringify(answer) }
  })
}
