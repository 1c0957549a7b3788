import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SerializedBundle } from '@sigstore/bundle'
import { describe, expect, it } from 'vitest'
import { preAuthEncoding } from '../statement/pre-auth-encoding.ts'
import type { LogVerifier } from './log-verifier.ts'
import { isDsseV1, isHashedRekordV1, isHashedRekordV2 } from './rekor-body.ts'

const data = join(import.meta.dirname, '../../../../../shared/data/sigstore')
const hasData = existsSync(data)

function read(path: string) {
  const bundle = JSON.parse(readFileSync(join(data, path), 'utf8')) as SerializedBundle
  const { certificate, x509CertificateChain, tlogEntries } = bundle.verificationMaterial
  const rawBytes = (certificate ?? x509CertificateChain?.certificates[0])?.rawBytes ?? ''
  const leaf = new X509Certificate(Buffer.from(rawBytes, 'base64'))
  const verifier: LogVerifier = {
    kind: 'certificate',
    pem: leaf.toString(),
    der: leaf.raw,
    algorithm: 'ecdsa-sha2-256-nistp256',
  }
  const body = Buffer.from(tlogEntries[0]?.canonicalizedBody ?? '', 'base64')
  return { body, verifier, ...bundle }
}

describe.skipIf(!hasData)(`bodies of real logs${hasData ? '' : ' (skipped without ../shared/data)'}`, () => {
  it.each(['bundles/cosign/oci-attestation.sigstore.json', 'bundles/sigstore-js/bundleV03-dsse.sigstore'])(
    'knows a dsse entry of version 1: %s',
    (path) => {
      const { body, verifier, dsseEnvelope } = read(path)
      const payload = Buffer.from(dsseEnvelope?.payload ?? '', 'base64')
      const signature = Buffer.from(dsseEnvelope?.signatures[0]?.sig ?? '', 'base64')
      expect(isDsseV1(body, payload, { signature, verifier })).toBe(true)
      expect(isDsseV1(body, payload, { signature: payload, verifier })).toBe(false)
    },
  )

  const artifact = () => readFileSync(join(data, 'conformance/a.txt'))

  it('knows a hashedrekord entry of version 1', () => {
    const { body, verifier, messageSignature } = read(
      'conformance/bundle-verify/happy-path-v0.2/bundle.sigstore.json',
    )
    const signature = Buffer.from(messageSignature?.signature ?? '', 'base64')
    expect(isHashedRekordV1(body, { content: artifact(), signature, verifier }, 'sha256')).toBe(true)
    expect(isHashedRekordV1(body, { content: signature, signature, verifier }, 'sha256')).toBe(false)
  })

  const hashed = { hash: 'sha256', keyDetails: 'PKIX_ECDSA_P256_SHA_256' } as const
  it('knows a hashedrekord entry of version 2', () => {
    const { body, verifier, messageSignature } = read(
      'conformance/bundle-verify/rekor2-timestamp-without-embedded-cert/bundle.sigstore.json',
    )
    const signature = Buffer.from(messageSignature?.signature ?? '', 'base64')
    expect(isHashedRekordV2(body, { content: artifact(), signature, verifier }, hashed)).toBe(true)
    expect(isHashedRekordV2(body, { content: signature, signature, verifier }, hashed)).toBe(false)
  })

  it('knows an envelope in an entry of version 2', () => {
    const { body, verifier, dsseEnvelope } = read(
      'conformance/bundle-verify/rekor2-dsse-happy-path/bundle.sigstore.json',
    )
    const { payloadType = '', payload = '', signatures = [] } = dsseEnvelope ?? {}
    const content = preAuthEncoding(payloadType, Buffer.from(payload, 'base64'))
    const signature = Buffer.from(signatures[0]?.sig ?? '', 'base64')
    expect(isHashedRekordV2(body, { content, signature, verifier }, hashed)).toBe(true)
  })
})
