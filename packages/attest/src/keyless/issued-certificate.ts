import { type KeyObject, X509Certificate } from 'node:crypto'
import { AttestError } from '../errors.ts'
import type { SigningCertificate } from '../ports/signer.ts'

/** A certificate that was found to be what was asked for. */
export interface IssuedCertificate extends SigningCertificate {
  readonly notAfter: Date
}

/** What a certificate must be for. */
export interface CertificateExpectation {
  readonly publicKey: KeyObject
  readonly now: Date
}

/** Clocks of two machines differ; a certificate is often used within the second that it begins. */
const clockSkewMs = 60_000
const maxChain = 10

/**
 * Checks what a certificate authority issued: the leaf certifies exactly our key and is valid now, and each certificate
 * is signed by the next one. Whether the authority is to be trusted is for the verifier to say.
 *
 * @param pems leaf first, as the authority gave them.
 * @throws {AttestError} `SERVICE_INVALID` when anything of that is not so.
 */
export function checkIssuedCertificate(
  pems: readonly string[],
  { publicKey, now }: CertificateExpectation,
): IssuedCertificate {
  if (pems.length > maxChain) throw invalid(`gave a chain of more than ${maxChain} certificates`)
  const [leaf, ...issuers] = pems.map(parseCertificate)
  if (!leaf) throw invalid('gave no certificate')
  if (!isSameKey(leaf.publicKey, publicKey)) throw invalid('certified another key than ours')
  if (leaf.ca) throw invalid('gave the certificate of an authority instead of one to sign with')
  const notBefore = new Date(leaf.validFrom)
  const notAfter = new Date(leaf.validTo)
  if (!(notBefore.getTime() <= now.getTime() + clockSkewMs && now < notAfter)) {
    throw invalid(
      `gave a certificate that is valid from ${leaf.validFrom} to ${leaf.validTo}; here it is ${now.toISOString()}`,
    )
  }
  issuers.reduce((child, issuer) => {
    if (!child.checkIssued(issuer) || !verifies(child, issuer.publicKey))
      throw invalid('gave a chain that does not lead to the certificate')
    return issuer
  }, leaf)
  return {
    leaf: toPem(leaf),
    chain: issuers.filter((each) => !each.checkIssued(each)).map(toPem),
    notAfter,
  }
}

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw invalid('gave something that is no certificate')
  }
}

function verifies(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.verify(key)
  } catch {
    return false
  }
}

function isSameKey(one: KeyObject, other: KeyObject): boolean {
  const [left, right] = [one, other].map((key) =>
    key.export({ type: 'spki', format: 'der' }).toString('base64'),
  )
  return left === right
}

/** The certificate alone: the text it came in may hold more. */
function toPem(certificate: X509Certificate): string {
  return certificate.toString()
}

function invalid(what: string): AttestError {
  return new AttestError('SERVICE_INVALID', `the certificate authority ${what}`)
}
