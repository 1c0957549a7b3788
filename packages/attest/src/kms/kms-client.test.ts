import { Agent } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DoubleAnswer } from '../testing/kms/service-double.ts'
import { sampleKey, verifies } from '../testing/kms/signature-check.ts'
import { startVaultDouble, type VaultDouble } from '../testing/kms/vault-double.ts'
import { vaultSigner, type VaultSignerOptions } from './vault-signer.ts'

const token = 'hvs.a-token-of-vault'
const content = Buffer.from('content')
const slept: number[] = []
let vault: VaultDouble

beforeEach(async () => {
  slept.length = 0
  vault = await startVaultDouble()
  vault.keys.set('release', { type: 'ecdsa-p256', versions: [sampleKey('P-256')] })
})
afterEach(() => vault[Symbol.asyncDispose]())

const sign = (options: VaultSignerOptions = {}) =>
  vaultSigner('hashivault://release', {
    env: {},
    address: vault.origin,
    token,
    sleep: async (milliseconds) => void slept.push(milliseconds),
    ...options,
  })

describe('createKmsClient', () => {
  it.each<[string, (DoubleAnswer | 'cut')[]]>([
    ['429', [{ status: 429 }]],
    ['500 and 503', [{ status: 500 }, { status: 503, body: '<html>' }]],
    ['a cut connection', ['cut']],
  ])('tries again after %s', async (_, instead) => {
    const signer = await sign()
    vault.instead.push(...instead)
    expect(verifies(signer, content, await signer.sign(content))).toBe(true)
    expect(slept).toHaveLength(instead.length)
  })

  it('waits longer each time, and as long as the service asks', async () => {
    const asks = { status: 429, headers: { 'retry-after': '2' } }
    vault.instead.push({ status: 500 }, { status: 500 }, asks)
    await sign()
    const [one = 0, two = 0, three] = slept
    expect(one).toBeGreaterThanOrEqual(100)
    expect(two).toBeGreaterThanOrEqual(200)
    expect(three).toBe(2000)
  })

  it('does not wait longer than it may', async () => {
    vault.instead.push({ status: 429, headers: { 'retry-after': '6' } })
    await expect(sign()).rejects.toMatchObject({ code: 'KMS_ERROR', retryable: true, kms: { status: 429 } })
    expect(slept).toEqual([])
  })

  it.each([
    ['400', 1, { status: 400 }, false],
    ['502', 3, { status: 502 }, true],
    ['a cut connection', 3, 'cut', true],
  ] as const)('ends after %s and %i tries', async (_, tries, answer, retryable) => {
    vault.instead.push(answer, answer, answer)
    await expect(sign({ retry: { attempts: 3 } })).rejects.toMatchObject({ code: 'KMS_ERROR', retryable })
    expect(vault.seen).toHaveLength(tries)
  })

  it('does not follow a redirect', async () => {
    await using other = await startVaultDouble()
    vault.instead.push({ status: 307, headers: { location: `${other.origin}/v1/transit/keys/release` } })
    await expect(sign()).rejects.toMatchObject({
      code: 'KMS_ERROR',
      message: expect.stringContaining('redirects') as string,
      kms: { status: 307 },
    })
    expect(other.seen).toEqual([])
  })

  it.each([200, 403])('reads no more than a megabyte of an answer with status %i', async (status) => {
    vault.instead.push({ status, body: `{"errors":["${'x'.repeat(1024 * 1024)}"]}` })
    await expect(sign()).rejects.toMatchObject({ code: 'KMS_ERROR', retryable: false })
    expect(vault.seen).toHaveLength(1)
  })

  it('shows an explanation without secrets and control characters, and not endlessly', async () => {
    const explanation = `the token ${token}\u001b[31mof Bearer abcdefghijkl is bad ${'x '.repeat(1000)}`
    vault.instead.push({ status: 403, body: { errors: [explanation] } })
    const error = (await sign().catch((thrown: unknown) => thrown)) as Error
    expect(error.message).toContain('the token … [31mof Bearer … is bad x x')
    expect(error.message.length).toBeLessThan(500)
  })

  it('uses connections that are given, and leaves them open', async () => {
    let sent = 0
    const dispatcher = new Agent().compose((dispatch) => (request, handler) => {
      sent++
      return dispatch(request, handler)
    })
    const signer = await sign({ dispatcher })
    expect(verifies(signer, content, await signer.sign(content))).toBe(true)
    expect(sent).toBe(2)
    await dispatcher.close()
  })

  it('gives up on a service that does not answer in time', async () => {
    vault.instead.push('silence')
    await expect(sign({ timeoutMs: 50, retry: { attempts: 1 } })).rejects.toMatchObject({
      code: 'KMS_ERROR',
      message: expect.stringContaining('gave no answer within 50 ms') as string,
      retryable: true,
    })
  })

  it('rejects with the reason of an abort, before and while it waits', async () => {
    const signer = await sign()
    const reason = new Error('enough')
    await expect(signer.sign(content, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await expect(sign({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(vault.seen).toHaveLength(1)

    const stop = new AbortController()
    vault.instead.push({ status: 503 })
    const waiting = sign({
      signal: stop.signal,
      sleep: async (_, signal) => {
        stop.abort(reason)
        signal?.throwIfAborted()
      },
    })
    await expect(waiting).rejects.toBe(reason)
    expect(vault.seen).toHaveLength(2)
  })

  it('names the failure of a source of credentials', async () => {
    const cause = new Error('no token today')
    await expect(sign({ token: () => Promise.reject(cause) })).rejects.toMatchObject({
      code: 'KMS_ERROR',
      cause,
    })
    expect(vault.seen).toEqual([])
  })
})
