import type { TransparencyLogEntry } from '@sigstore/bundle'
import { AttestError } from '../errors.ts'
import type { SignedContent } from '../ports/witness.ts'
import { requireHashed, toLogVerifier } from './log-verifier.ts'
import { parseAnswer } from '../service/parse-answer.ts'
import { hexDigest, isHashedRekordV2 } from './rekor-body.ts'
import { rekorV2EntrySchema } from './rekor-entry.schema.ts'
import { askService } from '../service/ask-service.ts'
import type { ServiceOptions } from '../service/service-options.ts'
import { serviceUrl } from '../service/service-url.ts'

const service = 'Rekor'
const headers = { 'content-type': 'application/json', accept: 'application/json' }

/** Has a signature logged by Rekor v2, an envelope's too: as `hashedrekord` 0.0.2 over what was signed. */
export async function logInRekorV2(
  base: string,
  { content, signature, signer }: SignedContent,
  { signal, ...options }: ServiceOptions & { readonly signal?: AbortSignal | undefined },
): Promise<TransparencyLogEntry> {
  const verifier = toLogVerifier(signer)
  const hashed = requireHashed(verifier.algorithm)
  const rawBytes = verifier.der.toString('base64')
  const body = JSON.stringify({
    hashedRekordRequestV002: {
      digest: Buffer.from(hexDigest(hashed.hash, content), 'hex').toString('base64'),
      signature: {
        content: Buffer.from(signature).toString('base64'),
        verifier: {
          ...(verifier.kind === 'key' ? { publicKey: { rawBytes } } : { x509Certificate: { rawBytes } }),
          keyDetails: hashed.keyDetails,
        },
      },
    },
  })
  const url = serviceUrl(service, base, '/api/v2/log/entries')
  const answer = await askService(
    service,
    { method: 'POST', url, headers, body, accept: [409], signal },
    options,
  )
  if (answer.status === 409)
    throw new AttestError(
      'SERVICE_REFUSED',
      `${service}: this signature is in the log already, which gives no entry out again`,
    )
  const entry = parseAnswer(service, answer.body, rekorV2EntrySchema)
  if (!isHashedRekordV2(entry.canonicalizedBody, { content, signature, verifier }, hashed))
    throw new AttestError('SERVICE_INVALID', `${service}: the entry is not about this signature and key`)
  return { ...entry, kindVersion: { kind: 'hashedrekord', version: '0.0.2' } }
}
