import { X509Certificate } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { TimeStampReq } from '@peculiar/asn1-tsp'
import { toArrayBuffer } from '../der.ts'
import type { StampRequest, TimestampAuthority } from '../timestamps/timestamp-authority.ts'
import type { ServiceHandler, ServiceResponse } from './start-http-service.ts'

const hashes = {
  sha256: { oid: '2.16.840.1.101.3.4.2.1', bytes: 32 },
  sha384: { oid: '2.16.840.1.101.3.4.2.2', bytes: 48 },
  sha512: { oid: '2.16.840.1.101.3.4.2.3', bytes: 64 },
} as const
type HashName = keyof typeof hashes
const hashNames = Object.keys(hashes) as HashName[]

/** The interface of Sigstore's timestamp authority, for requests of RFC 3161 in DER and its own in JSON. */
export function serveTimestamps(authority: TimestampAuthority): ServiceHandler {
  return ({ method, path, headers, body }) => {
    if (method === 'GET' && path === '/api/v1/timestamp/certchain') {
      const certificates = authority.chain.map((der) => new X509Certificate(der).toString())
      return {
        status: 200,
        headers: { 'content-type': 'application/pem-certificate-chain' },
        body: certificates.join(''),
      }
    }
    if (method !== 'POST' || path !== '/api/v1/timestamp') return undefined
    const type = headers['content-type']?.split(';')[0]?.trim()
    const parse = { 'application/timestamp-query': parseDer, 'application/json': parseJson }[type ?? '']
    if (!parse) return refusal(415, 'unsupported content type')
    try {
      const stamp = authority.stamp(parse(body))
      return { status: 201, headers: { 'content-type': 'application/timestamp-reply' }, body: stamp }
    } catch (error) {
      return refusal(400, `Error generating timestamp response: ${(error as Error).message}`)
    }
  }
}

function parseDer(body: Buffer): StampRequest {
  const { messageImprint, nonce, certReq, reqPolicy } = AsnConvert.parse(toArrayBuffer(body), TimeStampReq)
  const oid = messageImprint.hashAlgorithm.algorithm
  return {
    ...checkedDigest(
      new Uint8Array(messageImprint.hashedMessage.buffer),
      hashNames.find((name) => hashes[name].oid === oid),
    ),
    nonce: nonce && new Uint8Array(nonce),
    certificates: certReq,
    policy: reqPolicy,
  }
}

function parseJson(body: Buffer): StampRequest {
  const request = JSON.parse(body.toString()) as Readonly<Record<string, unknown>>
  // A nonce has more digits than a number of JavaScript keeps.
  const nonce = /"nonce"\s*:\s*(\d{1,100})\b/.exec(body.toString())?.[1]
  return {
    ...checkedDigest(
      Buffer.from(String(request['artifactHash']), 'base64'),
      hashNames.find((name) => name === request['hashAlgorithm']),
    ),
    nonce: nonce === undefined ? undefined : integerBytes(BigInt(nonce)),
    certificates: request['certificates'] === true,
    policy:
      typeof request['tsaPolicyOID'] === 'string' && request['tsaPolicyOID'] !== ''
        ? request['tsaPolicyOID']
        : undefined,
  }
}

function checkedDigest(
  digest: Uint8Array,
  hash: HashName | undefined,
): Pick<StampRequest, 'digest' | 'hash'> {
  if (hash === undefined) throw new Error('unsupported hash algorithm')
  if (digest.length !== hashes[hash].bytes)
    throw new Error('Message digest has incorrect length for specified algorithm')
  return { digest, hash }
}

/** The content of a DER integer that is not negative. */
function integerBytes(value: bigint): Buffer {
  const digits = value.toString(16)
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  return bytes[0]! >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes
}

const refusal = (code: number, message: string): ServiceResponse => ({
  status: code,
  body: { code, message },
})
