import { type Descriptor, digestOf } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { AttestError } from '../errors.ts'
import type { Signer } from '../ports/signer.ts'
import { parsePublicKey, type PublicKey } from '../signing/parse-public-key.ts'
import { serializeStatement } from '../statement/serialize-statement.ts'
import { type SignedStatement, signStatement } from '../statement/sign-statement.ts'
import type { Statement } from '../statement/statement.ts'
import type { EvidenceStore } from '../verify/evidence.ts'
import { gatherEvidence } from '../verify/gather-evidence.ts'
import { verifyCandidate } from '../verify/verify-candidate.ts'
import { appendLegacyLayer } from './append-legacy-layer.ts'
import type { AttachedEvidence, AttachOptions, StorageMode } from './attach-options.ts'
import { findEquivalent } from './find-equivalent.ts'
import { pushBundle } from './push-bundle.ts'
import { wireFormat } from './wire-format.ts'

/**
 * Attaches a signed statement to an image. Where verified evidence of exactly this statement by this key is there
 * already, nothing is written. Interrupted, it may leave the statement in one of the two forms; a second call
 * completes it.
 *
 * @throws {AttestError} `STATEMENT_INVALID` when it is not about this image.
 * @throws {AttestError} `SIGNING_FAILED` when its own signature does not verify.
 * @throws {AttestError} `STORE_CONFLICT`, `LIMIT_EXCEEDED` when it can't be stored beside what is there.
 * @throws {OciError} when the registry can't be read or written.
 */
export async function attachAttestation(
  repository: Repository,
  subject: Descriptor,
  signed: SignedStatement,
  options: AttachOptions,
): Promise<readonly AttachedEvidence[]> {
  return attach(repository, subject, signed.payload, parsePublicKey(signed.publicKey), async () => signed, options)
}

/**
 * Signs a statement and attaches it, like {@link attachAttestation}, but asks the signer only when something is
 * missing: a repeated promotion makes no signature.
 *
 * @throws {AttestError} as {@link signStatement} and {@link attachAttestation} do.
 */
export async function attachStatement(
  repository: Repository,
  subject: Descriptor,
  statement: Statement,
  signer: Signer,
  options: AttachOptions,
): Promise<readonly AttachedEvidence[]> {
  const { signal } = options
  return attach(
    repository,
    subject,
    serializeStatement(statement),
    parsePublicKey(signer.publicKey),
    () => signStatement(statement, signer, { signal }),
    options,
  )
}

async function attach(
  repository: Repository,
  subject: Descriptor,
  payload: Uint8Array,
  publicKey: PublicKey,
  sign: () => Promise<SignedStatement>,
  options: AttachOptions,
): Promise<readonly AttachedEvidence[]> {
  const { mode = 'both', limits, signal } = options
  const stores = storesOf(mode)
  const predicateType = predicateTypeOf(payload)
  const report = await gatherEvidence(repository, subject.digest, {
    keys: [publicKey],
    stores,
    predicateType,
    limits,
    signal,
  })
  const query = { payload: digestOf(payload), keyId: publicKey.keyId }
  const attached: AttachedEvidence[] = []
  let signed: SignedStatement | undefined
  for (const store of stores) {
    const found = findEquivalent(report, { ...query, store })
    if (found !== undefined) {
      attached.push({ store, manifest: found.manifest, blob: found.blob, existing: true })
      continue
    }
    signed ??= requireSound(await sign(), subject, publicKey)
    attached.push(
      store === 'bundle'
        ? await pushBundle(repository, subject, signed, options)
        : await appendLegacyLayer(repository, subject.digest, toLayer(signed), options),
    )
  }
  return attached
}

/** The older form first: a reader that finds the bundle stops looking for it. */
function storesOf(mode: StorageMode): readonly ('bundle' | 'legacy-attestation')[] {
  switch (mode) {
    case 'bundle':
      return ['bundle']
    case 'legacy':
      return ['legacy-attestation']
    case 'both':
      return ['legacy-attestation', 'bundle']
  }
}

function toLayer({ envelope, statement }: SignedStatement): Parameters<typeof appendLegacyLayer>[2] {
  return {
    store: 'legacy-attestation',
    mediaType: wireFormat.envelope,
    content: envelope,
    annotations: {
      [wireFormat.annotations.signature]: '',
      [wireFormat.annotations.predicateType]: statement.predicateType,
    },
  }
}

function predicateTypeOf(payload: Uint8Array): string {
  return (JSON.parse(Buffer.from(payload).toString('utf8')) as Statement).predicateType
}

/** Nothing is published that a reader would reject. */
function requireSound(signed: SignedStatement, subject: Descriptor, publicKey: PublicKey): SignedStatement {
  const forms: readonly [EvidenceStore, Uint8Array][] = [
    ['bundle', signed.bundle],
    ['legacy-attestation', signed.envelope],
  ]
  for (const [store, bytes] of forms) {
    const blob: Descriptor = { mediaType: '', digest: digestOf(bytes), size: bytes.byteLength }
    const payload = verifyOwn(() => verifyCandidate({ store, manifest: subject.digest, blob }, bytes, subject.digest, [publicKey]))
    if (payload !== digestOf(signed.payload)) {
      throw new AttestError('STATEMENT_INVALID', 'the envelope holds another payload than the signed statement says')
    }
  }
  return signed
}
