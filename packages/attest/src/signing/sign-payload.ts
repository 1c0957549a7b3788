import type { TransparencyLogEntry } from '@sigstore/bundle'
import { AttestError } from '../errors.ts'
import type { KeylessSigner, Signer, SigningCertificate } from '../ports/signer.ts'
import type { SignedContent, Testimony, Witness } from '../ports/witness.ts'
import { signChecked } from './sign-checked.ts'

/** Options of {@link signPayload} and `signStatement`. */
export interface SigningOptions {
  /**
   * Logs and timestamp authorities, asked at the same time; all of them must confirm the signature. A certificate needs at
   * least one that vouches for the time. Default: none.
   */
  readonly witnesses?: readonly Witness[] | undefined
  /** Ends the signing; the reason is what it rejects with. */
  readonly signal?: AbortSignal | undefined
}

/** What all witnesses confirmed; without any, both lists are empty. */
export interface GatheredTestimony extends Testimony {
  /** Of all logs. */
  readonly tlogEntries: readonly TransparencyLogEntry[]
  /** RFC 3161 TimeStampResp in DER, of all authorities. */
  readonly timestamps: readonly Uint8Array[]
}

/** A signature, and what belongs to it. */
export interface SignedPayload {
  /** As it was made: ECDSA in DER. */
  readonly signature: Uint8Array
  /** Key that signed, as in {@link Signer.keyId}. */
  readonly keyId: string
  /** Public key in PEM (SPKI). */
  readonly publicKey: string
  /** Present when a certificate vouches for the key. */
  readonly certificate?: SigningCertificate | undefined
  /** What the witnesses confirmed. */
  readonly testimony: GatheredTestimony
}

/** How {@link signPayload} signs an envelope. */
export interface SignPayloadOptions extends SigningOptions {
  /** Writes the DSSE envelope around the signature, when the content is the pre-authentication encoding of one. */
  readonly toEnvelope?: ((signature: Uint8Array) => Uint8Array) | undefined
}

/**
 * Signs bytes, such as a simple signing payload, and has the signature confirmed. A keyless signer gets a new
 * certificate for it; to sign several things with one, call its `certify` and pass what it returns.
 *
 * @throws {AttestError} `SIGNING_FAILED` when the signer fails, or answers with a signature that does not verify.
 * @throws {AttestError} `WITNESS_MISSING` when a certificate is used and no witness vouches for the time: the certificate
 *   ends within minutes, and nobody could verify the signature afterwards.
 * @throws {AttestError} `KEY_INVALID`, `KEY_UNSUPPORTED` when the signer's public key is not one that can be used.
 * @throws {AttestError} what the keyless signer and the witnesses reject with.
 */
export async function signPayload(
  content: Uint8Array,
  signer: Signer | KeylessSigner,
  { witnesses = [], signal, toEnvelope }: SignPayloadOptions = {},
): Promise<SignedPayload> {
  signal?.throwIfAborted()
  const keyless = 'certify' in signer
  if (witnesses.length === 0 && (keyless || signer.certificate)) throw unwitnessed()
  const certified = keyless ? await signer.certify({ signal }) : signer
  const { signature, publicKey } = await signChecked(certified, content, { signal })
  const { algorithm, certificate } = certified
  const testimony = await gatherTestimony(
    {
      content,
      signature,
      signer: { publicKey: publicKey.pem, keyId: publicKey.keyId, algorithm, certificate },
      envelope: toEnvelope?.(signature),
    },
    { witnesses, signal },
  )
  if (certificate && !vouchesForTime(testimony)) throw unwitnessed()
  return { signature, keyId: publicKey.keyId, publicKey: publicKey.pem, certificate, testimony }
}

/** Asks all witnesses; the first that fails ends the others. */
async function gatherTestimony(
  signed: SignedContent,
  { witnesses, signal }: { readonly witnesses: readonly Witness[]; readonly signal: AbortSignal | undefined },
): Promise<GatheredTestimony> {
  const others = new AbortController()
  const either = signal === undefined ? others.signal : AbortSignal.any([signal, others.signal])
  try {
    const all = await Promise.all(witnesses.map((witness) => witness.witness(signed, { signal: either })))
    return {
      tlogEntries: all.flatMap(({ tlogEntries = [] }) => tlogEntries),
      timestamps: all.flatMap(({ timestamps = [] }) => timestamps),
    }
  } catch (error) {
    signal?.throwIfAborted()
    others.abort()
    throw error
  }
}

/** Timestamps do, and logs that promise inclusion at a time; others only say that the signature is in them. */
function vouchesForTime({ tlogEntries, timestamps }: GatheredTestimony): boolean {
  return timestamps.length > 0 || tlogEntries.some(({ inclusionPromise }) => inclusionPromise !== undefined)
}

function unwitnessed(): AttestError {
  return new AttestError(
    'WITNESS_MISSING',
    'a signature with a certificate needs a timestamp authority, or a log that vouches for the time: add one to the witnesses',
  )
}
