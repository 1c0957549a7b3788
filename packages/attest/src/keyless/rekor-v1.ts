import { parseStrictJson } from '@sallyport/core'
import type { TransparencyLogEntry } from '@sigstore/bundle'
import { z } from 'zod'
import { AttestError } from '../errors.ts'
import type { SignedContent } from '../ports/witness.ts'
import { requireHashed, toLogVerifier } from './log-verifier.ts'
import { parseAnswer } from '../service/parse-answer.ts'
import { hexDigest, isDsseV1, isHashedRekordV1 } from './rekor-body.ts'
import { rekorV1EntrySchema } from './rekor-entry.schema.ts'
import { askService } from '../service/ask-service.ts'
import type { ServiceOptions } from '../service/service-options.ts'
import { serviceUrl } from '../service/service-url.ts'

const service = 'Rekor'
const path = '/api/v1/log/entries'
const headers = { 'content-type': 'application/json', accept: 'application/json' }
const answerSchema = z.record(z.string(), rekorV1EntrySchema)

/** What is proposed to the log, and how its entry is recognised. */
interface ProposedEntry {
  readonly kind: 'dsse' | 'hashedrekord'
  readonly spec: unknown
  isAbout(body: Uint8Array): boolean
}

/** Has a signature logged by Rekor v1: an envelope as `dsse` 0.0.1, anything else as `hashedrekord` 0.0.1. */
export async function logInRekorV1(
  base: string,
  signed: SignedContent,
  { signal, ...options }: ServiceOptions & { readonly signal?: AbortSignal | undefined },
): Promise<TransparencyLogEntry> {
  const { kind, spec, isAbout } = propose(signed)
  const url = serviceUrl(service, base, path)
  const body = JSON.stringify({ kind, apiVersion: '0.0.1', spec })
  // 409: the log has this very entry, for instance because the answer to an earlier try was lost.
  let answer = await askService(
    service,
    { method: 'POST', url, headers, body, accept: [409], signal },
    options,
  )
  if (answer.status === 409) {
    const existing = locate(answer.header('location'), url)
    answer = await askService(service, { method: 'GET', url: existing, headers, signal }, options)
  }
  const [entry, second] = Object.values(parseAnswer(service, answer.body, answerSchema))
  if (!entry || second || !isAbout(entry.canonicalizedBody))
    throw new AttestError('SERVICE_INVALID', `${service}: the entry is not about this signature and key`)
  return { ...entry, kindVersion: { kind, version: '0.0.1' } }
}

function locate(location: string | undefined, url: URL): URL {
  const found = location === undefined ? undefined : URL.parse(location, url.href)
  if (found?.origin !== url.origin || !found.pathname.startsWith(`${url.pathname}/`))
    throw new AttestError('SERVICE_INVALID', `${service}: it has the entry already, but does not say where`)
  return found
}

function propose({ content, signature, signer, envelope }: SignedContent): ProposedEntry {
  const verifier = toLogVerifier(signer)
  const pem = Buffer.from(verifier.pem).toString('base64')
  if (envelope) {
    const payload = payloadOf(envelope)
    return {
      kind: 'dsse',
      spec: { proposedContent: { envelope: Buffer.from(envelope).toString('utf8'), verifiers: [pem] } },
      isAbout: (body) => isDsseV1(body, payload, { signature, verifier }),
    }
  }
  const { hash } = requireHashed(verifier.algorithm)
  return {
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: hash, value: hexDigest(hash, content) } },
      signature: { content: Buffer.from(signature).toString('base64'), publicKey: { content: pem } },
    },
    isAbout: (body) => isHashedRekordV1(body, { content, signature, verifier }, hash),
  }
}

function payloadOf(envelope: Uint8Array): Buffer {
  const { payload } = z.object({ payload: z.string() }).parse(parseStrictJson(envelope))
  return Buffer.from(payload, 'base64')
}
