import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto'
import { type ScriptedAnswer, type ScriptedService, startScriptedService } from './scripted-service.ts'

/** What a log of a test does differently from what it should. */
export interface RekorDoubleOptions {
  /** Changes the body of the entry, which is JSON. */
  readonly change?: ((body: string) => string) | undefined
  /** Answers with 409 where the entry is, or with a place of one's own. */
  readonly conflict?: boolean | string | undefined
  /** Answers with the entry under two ids (version 1). */
  readonly twice?: boolean | undefined
}

const hash = (algorithm: string, bytes: Uint8Array): Buffer => createHash(algorithm).update(bytes).digest()
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const refused: ScriptedAnswer = {
  status: 400,
  body: JSON.stringify({ code: 400, message: 'verifying signature' }),
}

/** The public key of a PEM in base64, and the PEM as the log writes it. */
function readVerifier(encoded: string) {
  const pem = Buffer.from(encoded, 'base64').toString()
  const isCertificate = pem.includes('CERTIFICATE')
  const key = isCertificate ? new X509Certificate(pem).publicKey : createPublicKey(pem)
  const text = isCertificate
    ? new X509Certificate(pem).toString()
    : key.export({ type: 'spki', format: 'pem' }).toString()
  return { key, canonical: base64(Buffer.from(text.trim())) }
}

interface EnvelopeJson {
  readonly payloadType: string
  readonly payload: string
  readonly signatures: readonly { readonly sig: string }[]
}

/** `dsse` 0.0.1: verifies the envelope, and keeps hashes and the signature. */
function logEnvelope(envelope: string, verifiers: readonly string[]): unknown {
  const { payloadType, payload, signatures } = JSON.parse(envelope) as EnvelopeJson
  const bytes = Buffer.from(payload, 'base64')
  const { key, canonical } = readVerifier(verifiers[0] ?? '')
  const [signature] = signatures
  const encoding = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${bytes.byteLength} `),
    bytes,
  ])
  if (!signature || !verify('sha256', encoding, key, Buffer.from(signature.sig, 'base64'))) return undefined
  return {
    envelopeHash: { algorithm: 'sha256', value: hash('sha256', Buffer.from(envelope)).toString('hex') },
    payloadHash: { algorithm: 'sha256', value: hash('sha256', bytes).toString('hex') },
    signatures: [{ signature: signature.sig, verifier: canonical }],
  }
}

interface ProposedV1 {
  readonly kind: string
  readonly apiVersion: string
  readonly spec: {
    readonly proposedContent?: { readonly envelope: string; readonly verifiers: readonly string[] }
    readonly data: { readonly hash: { readonly algorithm: string; readonly value: string } }
    readonly signature: { readonly content: string; readonly publicKey: { readonly content: string } }
  }
}

/** Rekor v1 (`POST /api/v1/log/entries`). A `hashedrekord` is taken as it is: its content is not sent. */
export async function startRekorV1Double({
  change = (body) => body,
  conflict = false,
  twice = false,
}: RekorDoubleOptions = {}): Promise<ScriptedService> {
  const entries = new Map<string, string>()
  return startScriptedService(({ method, path, body }) => {
    const uuid = '24296fb24b8ad77a'
    if (method === 'GET') {
      const known = entries.get(path)
      return known === undefined ? { status: 404 } : { body: known }
    }
    if (path !== '/api/v1/log/entries') return { status: 404 }
    const { kind, apiVersion, spec } = JSON.parse(body.toString()) as ProposedV1
    const { proposedContent, data, signature } = spec
    const logged = proposedContent
      ? logEnvelope(proposedContent.envelope, proposedContent.verifiers)
      : {
          data,
          signature: {
            ...signature,
            publicKey: { content: readVerifier(signature.publicKey.content).canonical },
          },
        }
    if (logged === undefined) return refused
    const entry = {
      body: base64(Buffer.from(change(JSON.stringify({ apiVersion, kind, spec: logged })))),
      integratedTime: 1767323045,
      logID: 'c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d',
      logIndex: 5,
      verification: {
        inclusionProof: {
          checkpoint: 'rekor.example - 1\n1\nroot\n\n— rekor.example sig\n',
          hashes: ['ab'.repeat(32)],
          logIndex: 1,
          rootHash: 'cd'.repeat(32),
          treeSize: 2,
        },
        signedEntryTimestamp: base64(Buffer.from('promise')),
      },
    }
    const answer = JSON.stringify({ [uuid]: entry, ...(twice ? { second: entry } : {}) })
    const location = `/api/v1/log/entries/${uuid}`
    if (conflict === false) return { status: 201, headers: { location, etag: uuid }, body: answer }
    entries.set(location, answer)
    const message = `an equivalent entry already exists in the transparency log with UUID ${uuid}`
    return {
      status: 409,
      headers: { location: conflict === true ? location : conflict },
      body: JSON.stringify({ code: 409, message }),
    }
  })
}

interface ProposedV2 {
  readonly hashedRekordRequestV002: {
    readonly digest: string
    readonly signature: { readonly content: string; readonly verifier: { readonly keyDetails: string } }
  }
}

/** Rekor v2 (`POST /api/v2/log/entries`): takes nothing but `hashedrekord`, and leaves zeros out. */
export async function startRekorV2Double({
  change = (body) => body,
  conflict = false,
}: RekorDoubleOptions = {}): Promise<ScriptedService> {
  return startScriptedService(({ method, path, body }) => {
    if (method !== 'POST' || path !== '/api/v2/log/entries') return { status: 404 }
    if (conflict !== false)
      return { status: 409, body: JSON.stringify({ code: 6, message: 'already exists' }) }
    const { hashedRekordRequestV002: request } = JSON.parse(body.toString()) as Partial<ProposedV2>
    if (!request)
      return { status: 400, body: JSON.stringify({ code: 3, message: 'invalid type, must be hashedrekord' }) }
    const { digest, signature } = request
    const algorithm = `SHA2_${Buffer.from(digest, 'base64').byteLength * 8}`
    const spec = { hashedRekordV002: { data: { algorithm, digest }, signature } }
    const entry = change(JSON.stringify({ apiVersion: '0.0.2', kind: 'hashedrekord', spec }))
    return {
      status: 201,
      body: JSON.stringify({
        logId: { keyId: base64(Buffer.alloc(32, 1)) },
        kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
        inclusionProof: {
          rootHash: base64(Buffer.alloc(32, 2)),
          treeSize: '1',
          checkpoint: { envelope: 'log.example\n1\nroot\n\n— log.example sig\n' },
        },
        canonicalizedBody: base64(Buffer.from(entry)),
      }),
    }
  })
}
