import type { SignedPayload } from '../signing/sign-payload.ts'
import { wireFormat } from './wire-format.ts'

/**
 * The annotations of a layer that say who signed and when, as cosign 2 reads them: one log entry with a promise of
 * inclusion, which only Rekor v1 gives, and one timestamp. In a layer of an attestation cosign 2 takes a timestamp to
 * be over the whole envelope, and refuses one over the signature; so it is left out there where the log vouches for the
 * time.
 */
export function legacyAnnotations(
  { certificate, testimony }: SignedPayload,
  suffix: 'sig' | 'att',
): Readonly<Record<string, string>> {
  const { annotations } = wireFormat
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  const promised = testimony.tlogEntries.find(({ inclusionPromise }) => inclusionPromise !== undefined)
  const [timestamp] = testimony.timestamps
  const found: Record<string, string> = {}
  if (certificate) {
    found[annotations.certificate] = certificate.leaf
    if (certificate.chain.length > 0) found[annotations.chain] = certificate.chain.join('')
  }
  if (promised?.inclusionPromise) {
    found[annotations.logEntry] = JSON.stringify({
      SignedEntryTimestamp: base64(promised.inclusionPromise.signedEntryTimestamp),
      Payload: {
        body: base64(promised.canonicalizedBody),
        integratedTime: Number(promised.integratedTime),
        logIndex: Number(promised.logIndex),
        logID: Buffer.from(promised.logId?.keyId ?? '').toString('hex'),
      },
    })
  }
  if (timestamp && (suffix === 'sig' || !promised)) {
    found[annotations.timestamp] = JSON.stringify({ SignedRFC3161Timestamp: base64(timestamp) })
  }
  return found
}
