import { describe, expect, it } from 'vitest'
import { generateSigningKey } from '../signing/generate-signing-key.ts'
import { keySigner } from '../signing/key-signer.ts'
import { signEnvelope } from './sign-envelope.ts'
import { verifyEnvelope } from './verify-envelope.ts'

const payloadType = 'application/vnd.example+yaml'
const payload = Buffer.from('version: 1\n')
const signer = keySigner(generateSigningKey().privateKey)
const stranger = keySigner(generateSigningKey().privateKey)
const envelope = await signEnvelope({ payloadType, payload }, signer)
const keys = [stranger.publicKey, signer.publicKey]

const [signature] = (JSON.parse(envelope) as { signatures: unknown[] }).signatures

/** The envelope with one field changed. */
const changed = (change: object): string => JSON.stringify({ ...JSON.parse(envelope), ...change })

describe('verifyEnvelope', () => {
  it('hands out what one of the keys signed, and says which', () => {
    const verdict = verifyEnvelope(envelope, { payloadType, keys })
    expect(verdict).toMatchObject({ verified: true, keyId: signer.keyId })
    expect(verdict.verified && Buffer.from(verdict.payload).toString()).toBe('version: 1\n')
  })

  it.each([
    ['of a stranger', envelope, { payloadType, keys: [stranger.publicKey] }, /none of the given keys/],
    ['without any key to believe', envelope, { payloadType, keys: [] }, /none of the given keys/],
    ['of another type', envelope, { payloadType: 'text/plain', keys }, /its type is/],
    [
      'whose type was changed',
      changed({ payloadType: 'text/plain' }),
      { payloadType: 'text/plain', keys },
      /none of/,
    ],
    [
      'whose payload was changed',
      changed({ payload: Buffer.from('version: 2\n').toString('base64') }),
      { payloadType, keys },
      /changed afterwards/,
    ],
    ['without a signature', changed({ signatures: [] }), { payloadType, keys }, /not a DSSE envelope/],
    [
      'with two signatures',
      changed({ signatures: [signature, signature] }),
      { payloadType, keys },
      /one signature/,
    ],
    ['with a field twice', envelope.replace('{', '{"payload":"",'), { payloadType, keys }, /JSON/],
    ['with more behind it', `${envelope}{}`, { payloadType, keys }, /JSON/],
    [
      'in base64 of another spelling',
      changed({ payload: payload.toString('base64').replace(/=*$/, '') }),
      { payloadType, keys },
      /standard base64/,
    ],
    ['that is no JSON', '{', { payloadType, keys }, /JSON/],
    ['that is too long', envelope, { payloadType, keys, maxBytes: 10 }, /more than 10 bytes/],
  ])('refuses one %s', (_title, text, options, message) => {
    expect(verifyEnvelope(text, options)).toMatchObject({
      verified: false,
      message: expect.stringMatching(message),
    })
  })
})
