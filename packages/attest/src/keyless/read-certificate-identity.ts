import { X509Certificate } from 'node:crypto'
import type { SignerIdentity } from '../ports/signer.ts'
import { Rejection } from '../verify/rejection.ts'
import { readSigningCertificate } from '../verify/signature/signing-certificate.ts'

/** Whom a certificate in PEM names, read as verifiers read it; `undefined` when they would not accept it. */
export function readCertificateIdentity(pem: string): SignerIdentity | undefined {
  try {
    const { issuer, subject } = readSigningCertificate(new X509Certificate(pem).raw)
    return { issuer, subject }
  } catch (error) {
    if (error instanceof Rejection) return undefined
    throw error
  }
}
