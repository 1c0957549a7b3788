import { createPublicKey, generateKeyPairSync, verify, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { IdentityTokenRequest } from '../ports/identity-token-source.ts'
import { startFulcioDouble, fulcioError, type FulcioDoubleOptions } from '../testing/fulcio-double.ts'
import { createIdentityToken, tokenTime } from '../testing/identity-token.ts'
import { createAuthority } from '../testing/issue-certificate.ts'
import { startScriptedService } from '../testing/scripted-service.ts'
import { fulcioSigner } from './fulcio-signer.ts'
import { fixedIdentityToken } from './identity/given-identity-token.ts'

const clock = { now: (): Date => tokenTime }
const token = fixedIdentityToken(createIdentityToken())
const later = (milliseconds: number): Date => new Date(tokenTime.getTime() + milliseconds)
const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey

describe('fulcioSigner', () => {
  it.each([
    ['by subject', {}, false],
    ['by e-mail address', { email: 'me@example.com', email_verified: true }, false],
    ['with a receipt of its own', {}, true],
  ])('has a new key certified %s', async (_, claims, detached) => {
    await using fulcio = await startFulcioDouble({ detached })
    const source = fixedIdentityToken(createIdentityToken(claims))
    const keyless = fulcioSigner({ url: `${fulcio.url}/`, token: source, clock })
    const signer = await keyless.certify()
    const leaf = new X509Certificate(signer.certificate.leaf)
    expect(leaf.publicKey.export({ type: 'spki', format: 'pem' })).toBe(signer.publicKey)
    expect(signer.certificate.chain.map((pem) => new X509Certificate(pem).subject)).toEqual([
      'CN=intermediate',
    ])
    const content = Buffer.from('content')
    expect(verify('sha256', content, createPublicKey(signer.publicKey), await signer.sign(content))).toBe(
      true,
    )
    expect((await keyless.certify()).publicKey).not.toBe(signer.publicKey)
  })

  it('asks for a token of the audience, with the signal', async () => {
    await using fulcio = await startFulcioDouble()
    const asked: IdentityTokenRequest[] = []
    const source = {
      token: async (request: IdentityTokenRequest) => {
        asked.push(request)
        return createIdentityToken({ aud: ['one', 'ours'] })
      },
    }
    const { signal } = new AbortController()
    await fulcioSigner({ url: fulcio.url, token: source, audience: 'ours', clock }).certify({ signal })
    expect(asked).toEqual([{ audience: 'ours', signal }])
  })

  it('signs as often as the certificate lasts, and then no more', async () => {
    await using fulcio = await startFulcioDouble()
    let time = tokenTime
    const signer = await fulcioSigner({ url: fulcio.url, token, clock: { now: () => time } }).certify()
    time = later(599_000)
    await signer.sign(Buffer.from('content'))
    time = later(600_000)
    await expect(signer.sign(Buffer.from('content'))).rejects.toMatchObject({ code: 'SIGNING_FAILED' })
    expect(fulcio.requests).toHaveLength(1)
  })

  it.each([
    ['has ended', { exp: tokenTime.getTime() / 1000 }],
    ['is for another audience', { aud: 'other' }],
    ['names nobody', { sub: '' }],
    ['has no issuer', { iss: undefined }],
  ])('sends no token that %s', async (_, claims) => {
    await using fulcio = await startFulcioDouble()
    const source = fixedIdentityToken(createIdentityToken(claims))
    await expect(fulcioSigner({ url: fulcio.url, token: source, clock }).certify()).rejects.toMatchObject({
      code: 'IDENTITY_INVALID',
    })
    expect(fulcio.requests).toHaveLength(0)
  })

  it.each<[string, FulcioDoubleOptions]>([
    ['for another key', { change: (leaf) => ({ ...leaf, publicKey: other }) }],
    ['that has ended', { change: (leaf) => ({ ...leaf, notBefore: later(-600_000), notAfter: tokenTime }) }],
    ['that begins later', { change: (leaf) => ({ ...leaf, notBefore: later(61_000) }) }],
    ['of an authority', { change: (leaf) => ({ ...leaf, isAuthority: true }) }],
    ['whose issuer is not in the chain', { changeChain: ([leaf = '', , root = '']) => [leaf, root] }],
    [
      'of an issuer of another name',
      { change: (leaf) => ({ ...leaf, issuer: { ...leaf.issuer, name: 'other' } }) },
    ],
    [
      'with an issuer of the same name and another key',
      { changeChain: ([leaf = '']) => [leaf, createAuthority('intermediate', { at: tokenTime }).pem] },
    ],
    ['after its issuer', { changeChain: (chain) => chain.toReversed() }],
    ['that is none', { changeChain: () => ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'] }],
    ['without end', { changeChain: ([leaf = '']) => Array.from({ length: 11 }, () => leaf) }],
    ['that it does not give', { changeChain: () => [] }],
  ])('refuses a certificate %s', async (_, options) => {
    await using fulcio = await startFulcioDouble(options)
    await expect(fulcioSigner({ url: fulcio.url, token, clock }).certify()).rejects.toMatchObject({
      code: 'SERVICE_INVALID',
    })
  })

  it('takes a certificate that begins a little later than this clock says', async () => {
    await using fulcio = await startFulcioDouble({
      change: (leaf) => ({ ...leaf, notBefore: later(59_000) }),
    })
    await expect(fulcioSigner({ url: fulcio.url, token, clock }).certify()).resolves.toHaveProperty(
      'certificate',
    )
  })

  it('says what Fulcio says', async () => {
    const message = 'There was an error processing the identity token'
    await using fulcio = await startScriptedService(() => fulcioError(400, message))
    await expect(fulcioSigner({ url: fulcio.url, token, clock }).certify()).rejects.toMatchObject({
      code: 'SERVICE_REFUSED',
      message: `Fulcio at ${fulcio.url} answered with status 400: ${message}`,
    })
  })
})
