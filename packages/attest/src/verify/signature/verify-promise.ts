import type { TransparencyLogEntry } from '@sigstore/bundle'
import { toCanonicalJson } from '../../internal/canonical-json.ts'
import { verifiesSignature } from '../../signing/verifies-signature.ts'
import { isWithin } from '../../trust/is-within.ts'
import type { TrustedRoot } from '../../trust/trusted-root.ts'
import { Rejection } from '../rejection.ts'

/**
 * Verifies the signed entry timestamp of Rekor v1, for kinds of entries that `@sigstore/verify` does not read.
 *
 * @throws {Rejection} `log-invalid`
 */
export function verifyPromise(entry: TransparencyLogEntry, { logs }: TrustedRoot): void {
  const { inclusionPromise, inclusionProof, integratedTime, logIndex, logId, canonicalizedBody } = entry
  const logID = logId.keyId.toString('hex')
  const time = new Date(Number(integratedTime) * 1000)
  const payload = Buffer.from(
    toCanonicalJson({
      body: canonicalizedBody.toString('base64'),
      integratedTime: Number(integratedTime),
      logIndex: Number(logIndex),
      logID,
    }),
  )
  const verified =
    inclusionProof === undefined &&
    logs.some(
      ({ id, publicKey, validFor }) =>
        id === logID &&
        isWithin(time, validFor) &&
        verifiesSignature(publicKey, payload, inclusionPromise?.signedEntryTimestamp ?? Buffer.alloc(0)),
    )
  if (!verified)
    throw new Rejection('log-invalid', 'the promise of a log to include an entry does not verify')
}
