import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AttestError } from '../errors.ts'
import type { CertifiedSigner } from '../ports/signer.ts'
import type { SignedContent, Testimony, Witness } from '../ports/witness.ts'
import { tokenTime } from '../testing/identity-token.ts'
import { createAuthority, issueCertificate } from '../testing/issue-certificate.ts'
import { keySigner } from './key-signer.ts'
import { signPayload } from './sign-payload.ts'

const content = Buffer.from('payload')
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const plain = keySigner(privateKey)
const leaf = issueCertificate({
  name: 'leaf',
  publicKey,
  issuer: createAuthority('root', { at: tokenTime }),
  notBefore: tokenTime,
  notAfter: tokenTime,
})
const certified: CertifiedSigner = { ...plain, certificate: { leaf, chain: [] } }

const entry = {
  logIndex: '1',
  logId: { keyId: Buffer.alloc(32) },
  kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
  integratedTime: '0',
  inclusionPromise: undefined,
  inclusionProof: undefined,
  canonicalizedBody: Buffer.from('{}'),
}
const promised = { ...entry, inclusionPromise: { signedEntryTimestamp: Buffer.from('promise') } }
const timestamp = Buffer.from('timestamp')

/** A witness that says what it is told to, and keeps what it saw. */
function witnessOf(testimony: Testimony, seen: SignedContent[] = []): Witness {
  return {
    async witness(signed) {
      seen.push(signed)
      return testimony
    },
  }
}

describe('signPayload', () => {
  it('shows witnesses what was signed and by what, and gathers what they say', async () => {
    const seen: SignedContent[] = []
    const witnesses = [
      witnessOf({ tlogEntries: [entry] }, seen),
      witnessOf({ timestamps: [timestamp] }, seen),
    ]
    const envelope = Buffer.from('{}')
    const signed = await signPayload(content, certified, { witnesses, toEnvelope: () => envelope })
    expect(signed).toMatchObject({
      keyId: plain.keyId,
      publicKey: plain.publicKey,
      certificate: { leaf },
      testimony: { tlogEntries: [entry], timestamps: [timestamp] },
    })
    const signer = {
      publicKey: plain.publicKey,
      keyId: plain.keyId,
      certificate: { leaf },
      algorithm: plain.algorithm,
    }
    const expected = { content, signature: signed.signature, envelope, signer }
    for (const each of seen) expect(each).toMatchObject(expected)
    expect(seen).toHaveLength(2)
  })

  it('signs with a key without witnesses', async () => {
    const { certificate, testimony } = await signPayload(content, plain)
    expect({ certificate, testimony }).toEqual({
      certificate: undefined,
      testimony: { tlogEntries: [], timestamps: [] },
    })
  })

  it.each<[string, readonly Witness[]]>([
    ['no witness', []],
    ['a log that vouches for no time', [witnessOf({ tlogEntries: [entry] })]],
    ['witnesses that say nothing', [witnessOf({}), witnessOf({ timestamps: [], tlogEntries: [] })]],
  ])('refuses a certificate with %s', async (_, witnesses) => {
    for (const signer of [certified, { certify: async () => certified }])
      await expect(signPayload(content, signer, { witnesses })).rejects.toMatchObject({
        code: 'WITNESS_MISSING',
      })
  })

  it.each<[string, Testimony]>([
    ['a timestamp', { timestamps: [timestamp] }],
    ['a log that promises a time', { tlogEntries: [promised] }],
  ])('takes a certificate with %s', async (_, testimony) => {
    const signed = await signPayload(
      content,
      { certify: async () => certified },
      { witnesses: [witnessOf(testimony)] },
    )
    expect(signed.certificate).toEqual(certified.certificate)
  })

  it('asks for no certificate when nobody could verify it', async () => {
    let asked = 0
    const signer = {
      async certify() {
        asked++
        return certified
      },
    }
    await expect(signPayload(content, signer)).rejects.toMatchObject({ code: 'WITNESS_MISSING' })
    expect(asked).toBe(0)
  })

  it('ends the other witnesses when one fails', async () => {
    const failure = new AttestError('SERVICE_REFUSED', 'no')
    let ended = false
    const patient: Witness = {
      witness: (_, { signal } = {}) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => {
            ended = true
            reject(new Error('aborted'))
          })
        }),
    }
    const failing: Witness = { witness: () => Promise.reject(failure) }
    await expect(signPayload(content, plain, { witnesses: [patient, failing] })).rejects.toBe(failure)
    expect(ended).toBe(true)
  })

  it("rejects with the signal's reason", async () => {
    const reason = new Error('enough')
    const controller = new AbortController()
    const witness: Witness = {
      witness: (_, { signal } = {}) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error))
          controller.abort(reason)
        }),
    }
    await expect(
      signPayload(content, plain, { witnesses: [witness], signal: controller.signal }),
    ).rejects.toBe(reason)
    await expect(signPayload(content, plain, { signal: controller.signal })).rejects.toBe(reason)
  })

  it.each([
    [
      'what a service said',
      new AttestError('KMS_ERROR', 'it is busy', { retryable: true }),
      /failed: it is busy$/,
      true,
    ],
    ['nothing of a stranger', new Error('with the token hush'), /failed$/, false],
  ])('tells of a signer that fails %s', async (_, cause, message, retryable) => {
    const failing = { ...plain, sign: async () => Promise.reject(cause) }
    const error: unknown = await signPayload(content, failing).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'SIGNING_FAILED', retryable, cause })
    expect((error as Error).message).toMatch(message)
  })

  it('asks no signer that names its key by the id of another', async () => {
    let asked = 0
    const misnamed = {
      ...plain,
      keyId: keySigner(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey).keyId,
      sign: async (bytes: Uint8Array) => {
        asked += 1
        return plain.sign(bytes)
      },
    }
    await expect(signPayload(content, misnamed)).rejects.toMatchObject({ code: 'SIGNING_FAILED' })
    expect(asked).toBe(0)
  })

  it('shows no witness a signature that does not verify', async () => {
    const seen: SignedContent[] = []
    const broken = { ...certified, sign: async () => Buffer.from('signature') }
    await expect(signPayload(content, broken, { witnesses: [witnessOf({}, seen)] })).rejects.toMatchObject({
      code: 'SIGNING_FAILED',
    })
    expect(seen).toEqual([])
  })
})
