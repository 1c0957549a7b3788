import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Clock } from '@sallyport/core'
import { AdmissionError } from '../errors.ts'

/** Where the certificate of the server is. */
export interface CertificateFiles {
  /** PEM file of the certificate and what leads to its authority. */
  readonly certificate: string
  /** PEM file of its private key, not encrypted. */
  readonly key: string
  /** PEM file of the authorities whose client certificates may ask. Default: clients need none. */
  readonly clientAuthority?: string | undefined
}

/** What TLS needs, read and checked. */
export interface LoadedCertificate {
  readonly cert: string
  readonly key: string
  readonly ca?: string | undefined
  readonly expiresAt: Date
  /** SHA-256 of the certificate, in hexadecimal pairs. */
  readonly fingerprint: string
}

const maxBytes = 1024 * 1024

/**
 * Reads the files and checks that they belong together and are valid now.
 *
 * @throws {AdmissionError} `CERTIFICATE_INVALID`; nothing of the key is in its message.
 */
export async function loadCertificate(files: CertificateFiles, clock: Clock): Promise<LoadedCertificate> {
  // One after the other, so that the same files are always refused for the same reason.
  const cert = await readPem(files.certificate)
  const key = await readPem(files.key)
  const ca = files.clientAuthority === undefined ? undefined : await readPem(files.clientAuthority)
  const leaf = parseCertificate(cert, files.certificate)
  const { createSecureContext } = await import('node:tls')
  try {
    createSecureContext({ cert, key, ca })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unreadable'
    throw invalid(`${files.certificate} and ${files.key} can't be used together (${code})`)
  }
  if (ca !== undefined) parseCertificate(ca, files.clientAuthority!)
  const now = clock.now()
  const [from, to] = [new Date(leaf.validFrom), new Date(leaf.validTo)]
  if (!(now >= from)) throw invalid(`${files.certificate} is not valid before ${from.toISOString()}`)
  if (!(now < to)) throw invalid(`${files.certificate} expired on ${to.toISOString()}; renew it`)
  return { cert, key, ca, expiresAt: to, fingerprint: leaf.fingerprint256 }
}

async function readPem(path: string): Promise<string> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (cause) {
    throw invalid(`${path} can't be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
  if (bytes.byteLength === 0) throw invalid(`${path} is empty`)
  if (bytes.byteLength > maxBytes) throw invalid(`${path} is longer than 1 MiB`)
  return bytes.toString('utf8')
}

function parseCertificate(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw invalid(`${path} holds no certificate in PEM`)
  }
}

function invalid(message: string): AdmissionError {
  return new AdmissionError('CERTIFICATE_INVALID', message)
}
