import { bundleToJSON, toDSSEBundle } from '@sigstore/bundle'
import { AttestError } from '../errors.ts'
import type { Signer } from '../ports/signer.ts'
import { signChecked } from '../signing/sign-checked.ts'
import { preAuthEncoding, statementPayloadType } from './pre-auth-encoding.ts'
import { serializeStatement } from './serialize-statement.ts'
import type { Statement } from './statement.ts'

/** A statement with its signature, in the forms in which it is stored. */
export interface SignedStatement {
  readonly statement: Statement
  /** The exact bytes that were signed (before the pre-authentication encoding). */
  readonly payload: Uint8Array
  /** Key that signed, as in {@link Signer.keyId}. */
  readonly keyId: string
  /** Public key in PEM (SPKI). */
  readonly publicKey: string
  /** DSSE envelope in JSON. */
  readonly envelope: Uint8Array
  /** Sigstore bundle v0.3 in JSON, around the same envelope. */
  readonly bundle: Uint8Array
}

/** Options of {@link signStatement}. */
export interface SignStatementOptions {
  readonly signal?: AbortSignal | undefined
}

/**
 * Signs a statement into a DSSE envelope and a Sigstore bundle v0.3. The signature is verified before it is returned.
 *
 * @throws {AttestError} `STATEMENT_INVALID` when the statement is not plain JSON data or has no subject.
 * @throws {AttestError} `SIGNING_FAILED` when the signer fails, or answers with a signature that does not verify.
 * @throws {AttestError} `KEY_INVALID`, `KEY_UNSUPPORTED` when the signer's public key is not one that can be used.
 */
export async function signStatement(
  statement: Statement,
  signer: Signer,
  { signal }: SignStatementOptions = {},
): Promise<SignedStatement> {
  if (statement.subject.length === 0)
    throw new AttestError('STATEMENT_INVALID', 'the statement has no subject')
  const payload = serializeStatement(statement)
  const { signature, publicKey } = await signChecked(signer, preAuthEncoding(statementPayloadType, payload), {
    signal,
  })
  const json = bundleToJSON(
    toDSSEBundle({
      artifact: Buffer.from(payload),
      artifactType: statementPayloadType,
      signature: Buffer.from(signature),
      keyHint: publicKey.keyId,
    }),
  )
  // Go's DSSE verifier compares a key id with a fingerprint of its own form, and skips signatures of another one: the
  // hint of the bundle names the key, the envelope leaves it open.
  for (const entry of json.dsseEnvelope?.signatures ?? []) entry.keyid = ''
  return {
    statement,
    payload,
    keyId: publicKey.keyId,
    publicKey: publicKey.pem,
    envelope: Buffer.from(JSON.stringify(json.dsseEnvelope), 'utf8'),
    bundle: Buffer.from(JSON.stringify(json), 'utf8'),
  }
}
