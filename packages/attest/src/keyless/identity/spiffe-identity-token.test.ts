import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeJwtSvids, type SpiffeAnswer, startSpiffeDouble } from '../../testing/spiffe-double.ts'
import { spiffeIdentityToken, spiffeSocketPath } from './spiffe-identity-token.ts'
import { decodeJwtSvids, encodeJwtSvidRequest, frameMessage } from './spiffe-messages.ts'

const svids = [
  { spiffeId: 'spiffe://example/one', token: 'token-one' },
  { spiffeId: 'spiffe://example/two', token: 'token-two' },
]
const audience = 'sigstore'

describe('spiffeIdentityToken', () => {
  it.each([
    [undefined, 'token-one'],
    ['spiffe://example/two', 'token-two'],
  ])('gives the identity %s', async (spiffeId, expected) => {
    await using agent = await startSpiffeDouble(svids)
    const source = spiffeIdentityToken({ socketPath: agent.socketPath, spiffeId })
    expect(await source.token({ audience })).toBe(expected)
    expect(agent.requests).toEqual([frameMessage(encodeJwtSvidRequest(audience, spiffeId))])
  })

  it.each<[string, SpiffeAnswer, string | undefined]>([
    ['knows no identity', [], undefined],
    ['knows other identities', svids, 'spiffe://example/three'],
    ['refuses', 7, undefined],
    ['answers something malformed', frameMessage(Buffer.from([0x0a, 0xff])), undefined],
    ['answers without end', Buffer.alloc(1024 * 1024 + 1), undefined],
    ['does not answer', 'hang', undefined],
  ])('fails when the agent %s', async (_, answer, spiffeId) => {
    await using agent = await startSpiffeDouble(answer)
    const timeoutMs = answer === 'hang' ? 20 : 10_000
    const source = spiffeIdentityToken({ socketPath: agent.socketPath, spiffeId, timeoutMs })
    await expect(source.token({ audience })).rejects.toMatchObject({ code: 'IDENTITY_UNAVAILABLE' })
  })

  it('fails without an agent', async () => {
    const source = spiffeIdentityToken({ socketPath: join(import.meta.dirname, 'none.sock') })
    await expect(source.token({ audience })).rejects.toMatchObject({
      code: 'IDENTITY_UNAVAILABLE',
      message: expect.stringContaining('ENOENT') as string,
    })
  })

  it("rejects with the signal's reason", async () => {
    await using agent = await startSpiffeDouble('hang')
    const reason = new Error('enough')
    const controller = new AbortController()
    const asked = spiffeIdentityToken({ socketPath: agent.socketPath }).token({
      audience,
      signal: controller.signal,
    })
    controller.abort(reason)
    await expect(asked).rejects.toBe(reason)
  })
})

describe('spiffeSocketPath', () => {
  it.each([
    [{ SPIFFE_ENDPOINT_SOCKET: 'unix:///run/agent.sock' }, '/run/agent.sock'],
    [{ SPIFFE_ENDPOINT_SOCKET: 'unix:/run/agent.sock' }, '/run/agent.sock'],
    [{ SPIFFE_ENDPOINT_SOCKET: '/run/agent.sock' }, '/run/agent.sock'],
    [{}, '/tmp/spire-agent/public/api.sock'],
  ])('reads %s as %s', (env, path) => {
    expect(spiffeSocketPath(env)).toBe(path)
  })
})

describe('decodeJwtSvids', () => {
  const filled = fc.record({ spiffeId: fc.string(), token: fc.string({ minLength: 1, maxLength: 5000 }) })

  it('reads back what was written', () => {
    fc.assert(
      fc.property(fc.array(filled, { maxLength: 5 }), (svids) => {
        const readable = svids.map(({ spiffeId, token }) => ({
          spiffeId: Buffer.from(spiffeId).toString(),
          token: Buffer.from(token).toString(),
        }))
        expect(decodeJwtSvids(frameMessage(encodeJwtSvids(svids)))).toEqual(readable)
      }),
    )
  })

  it('throws nothing but its own error, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.boolean(), (bytes, framed) => {
        try {
          expect(decodeJwtSvids(framed ? frameMessage(Buffer.from(bytes)) : bytes)).toBeInstanceOf(Array)
        } catch (error) {
          expect(error).toMatchObject({ code: 'IDENTITY_UNAVAILABLE' })
        }
      }),
    )
  })
})
