import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SignedContent } from '../ports/witness.ts'
import { startScriptedService } from '../testing/scripted-service.ts'
import {
  encodeTimestampResponse,
  startTimestampDouble,
  type TimestampDoubleAnswer,
} from '../testing/timestamp-double.ts'
import { timestampAuthority } from './timestamp-authority.ts'
import { encodeTimestampRequest, toTimestampRequest, whyNoTimestamp } from './timestamp-request.ts'

const signature = Buffer.from('signature')
const signed: SignedContent = {
  content: Buffer.from('content'),
  signature,
  signer: { publicKey: '', keyId: '' },
}

describe('timestampAuthority', () => {
  it.each([0, 1])('returns the answer as it came, with status %s', async (status) => {
    await using authority = await startTimestampDouble((answer) => ({ ...answer, status }))
    const { timestamps, tlogEntries } = await timestampAuthority({ url: authority.url }).witness(signed)
    expect(timestamps).toHaveLength(1)
    expect(Buffer.from(timestamps?.[0] ?? []).includes(createHash('sha256').update(signature).digest())).toBe(
      true,
    )
    expect(tlogEntries).toBeUndefined()
  })

  it.each<[string, (answer: TimestampDoubleAnswer) => TimestampDoubleAnswer]>([
    ['was not granted, and has a timestamp', (answer) => ({ ...answer, status: 2 })],
    ['is over something else', (answer) => ({ ...answer, imprint: Buffer.alloc(32) })],
    ['repeats another nonce', (answer) => ({ ...answer, nonce: Buffer.from([1]) })],
    ['repeats no nonce', ({ imprint }) => ({ imprint })],
  ])('refuses an answer that %s', async (_, change) => {
    await using authority = await startTimestampDouble(change)
    await expect(timestampAuthority({ url: authority.url }).witness(signed)).rejects.toMatchObject({
      code: 'SERVICE_INVALID',
    })
  })

  it.each([
    ['nothing', ''],
    ['a page', '<html>'],
    ['half of an answer', encodeTimestampResponse({ imprint: Buffer.alloc(32) }).subarray(0, 40)],
  ])('refuses %s', async (_, body) => {
    await using authority = await startScriptedService(() => ({ body }))
    await expect(timestampAuthority({ url: authority.url }).witness(signed)).rejects.toMatchObject({
      code: 'SERVICE_INVALID',
    })
  })
})

describe('whyNoTimestamp', () => {
  const imprint = createHash('sha256').update(signature).digest()

  it('takes the answer to every nonce, and to no other request', () => {
    const nonces = fc
      .uint8Array({ minLength: 1, maxLength: 20 })
      .filter((bytes) => bytes.some((byte) => byte !== 0))
    fc.assert(
      fc.property(nonces, (nonce) => {
        const response = encodeTimestampResponse({ imprint, nonce })
        expect(whyNoTimestamp(response, toTimestampRequest(signature, nonce))).toBeUndefined()
        expect(
          whyNoTimestamp(response, toTimestampRequest(signature, Buffer.from([...nonce, 1]))),
        ).toBeDefined()
      }),
    )
  })

  it('never throws, whichever byte of an answer is changed', () => {
    const request = toTimestampRequest(signature, Buffer.from([1, 2, 3]))
    const response = encodeTimestampResponse(request)
    fc.assert(
      fc.property(fc.nat(response.byteLength - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(response)
        changed[at] = (changed[at] ?? 0) ^ change
        expect(['string', 'undefined']).toContain(typeof whyNoTimestamp(changed, request))
      }),
    )
  })

  it.each([
    ['a status below zero', '3003020100', '30030201ff'],
    ['a value behind it', /$/, '0500'],
  ])('refuses %s', (_, found, instead) => {
    const request = toTimestampRequest(signature, Buffer.from([1, 2, 3]))
    const response = encodeTimestampResponse(request).toString('hex')
    expect(whyNoTimestamp(Buffer.from(response, 'hex'), request)).toBeUndefined()
    expect(whyNoTimestamp(Buffer.from(response.replace(found, instead), 'hex'), request)).toBeDefined()
  })

  it('asks for the certificate of the authority, in DER', () => {
    expect(
      encodeTimestampRequest({ imprint: Buffer.alloc(32), nonce: Buffer.from([0x80]) }).toString('hex'),
    ).toBe(`303d020101${'3031'}300d06096086480165030402010500${'0420'}${'00'.repeat(32)}02020080${'0101ff'}`)
  })
})
