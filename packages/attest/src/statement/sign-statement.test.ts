import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { bundleFromJSON, type SerializedBundle } from '@sigstore/bundle'
import { toSignedEntity, VerificationError, Verifier } from '@sigstore/verify'
import { describe, expect, it } from 'vitest'
import { generateSigningKey } from '../signing/generate-signing-key.ts'
import { keySigner } from '../signing/key-signer.ts'
import { signStatement } from './sign-statement.ts'
import { createStatement, predicateTypes } from './statement.ts'

const digest = `sha256:${'ab'.repeat(32)}` as const
const statement = createStatement([{ name: 'app', digest }], predicateTypes.cyclonedx, { components: [] })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

/** Verifies as sigstore-js does, with one key and without logs or timestamps. */
function verifyIndependently(bundle: Uint8Array, pem: string): void {
  const json = JSON.parse(Buffer.from(bundle).toString()) as SerializedBundle
  const verifier = new Verifier(
    {
      certificateAuthorities: [],
      timestampAuthorities: [],
      tlogs: [],
      ctlogs: [],
      publicKey: () => ({ publicKey: createPublicKey(pem), validFor: () => true }),
    },
    { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 },
  )
  verifier.verify(toSignedEntity(bundleFromJSON(json)))
}

describe('signStatement', () => {
  it.each([
    ['ECDSA', keySigner(generateSigningKey().privateKey)],
    ['RSA', keySigner(rsa)],
  ])('makes a bundle that sigstore-js verifies, with %s', async (_, signer) => {
    const { bundle, keyId, publicKey } = await signStatement(statement, signer)
    expect({ keyId, publicKey }).toEqual({ keyId: signer.keyId, publicKey: signer.publicKey })
    verifyIndependently(bundle, publicKey)
    expect(() => verifyIndependently(bundle, generateSigningKey().publicKey)).toThrow(VerificationError)
  })

  it('puts the same envelope into the bundle, with the payload as it was signed', async () => {
    const { bundle, envelope, payload } = await signStatement(
      statement,
      keySigner(generateSigningKey().privateKey),
    )
    const json = JSON.parse(Buffer.from(bundle).toString()) as SerializedBundle
    expect(json.mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json')
    expect(json.dsseEnvelope).toEqual(JSON.parse(Buffer.from(envelope).toString()))
    expect(json.dsseEnvelope).toMatchObject({
      payloadType: 'application/vnd.in-toto+json',
      payload: Buffer.from(payload).toString('base64'),
      signatures: [{ keyid: '' }],
    })
    expect(JSON.parse(Buffer.from(payload).toString())).toEqual(statement)
  })

  it.each([
    ['without a subject', { ...statement, subject: [] }],
    ['with data that is not JSON', { ...statement, predicate: new Date() }],
  ])('refuses a statement %s', async (_, bad) => {
    await expect(signStatement(bad, keySigner(rsa))).rejects.toMatchObject({
      name: 'AttestError',
      code: 'STATEMENT_INVALID',
    })
  })

  it('refuses a signer whose public key is not one to verify with', async () => {
    const publicKey = generateKeyPairSync('ed448')
      .publicKey.export({ type: 'spki', format: 'pem' })
      .toString()
    await expect(signStatement(statement, { ...keySigner(rsa), publicKey })).rejects.toMatchObject({
      code: 'KEY_UNSUPPORTED',
    })
  })
})
