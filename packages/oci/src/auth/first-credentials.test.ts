import { describe, expect, it } from 'vitest'
import type { CredentialProvider } from '../ports/credential-provider.ts'
import { firstCredentials } from './first-credentials.ts'

describe('firstCredentials', () => {
  const knows = (registry: string, password: string): CredentialProvider => ({
    find: async (query) =>
      query.registry === registry ? { type: 'password', username: 'u', password } : undefined,
  })

  it.each([
    ['a.example', 'one'],
    ['b.example', 'two'],
    ['c.example', undefined],
  ])('for %s asks until one knows: %s', async (registry, password) => {
    const provider = firstCredentials(
      knows('a.example', 'one'),
      knows('b.example', 'two'),
      knows('a.example', 'x'),
    )
    expect((await provider.find({ registry }))?.type === undefined).toBe(password === undefined)
    if (password !== undefined) expect(await provider.find({ registry })).toMatchObject({ password })
  })

  it('does not go on when one fails', async () => {
    const failing: CredentialProvider = { find: () => Promise.reject(new Error('vault is shut')) }
    await expect(
      firstCredentials(failing, knows('a.example', 'one')).find({ registry: 'a.example' }),
    ).rejects.toThrow('vault is shut')
  })
})
