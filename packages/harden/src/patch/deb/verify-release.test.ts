import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCleartextMessage, type PrivateKey, sign } from 'openpgp'
import { beforeAll, describe, expect, it } from 'vitest'
import { createKey, today } from '../mirror.fixture.ts'
import { verifyRelease } from './verify-release.ts'

const text = 'Suite: stable\nSHA256:\n'
let key: PrivateKey
let other: PrivateKey
beforeAll(async () => {
  ;[key, other] = await Promise.all([createKey(), createKey()])
})
/** By gpg 2.2: what OpenPGP.js would not sign any more. */
const fixture = (name: string) =>
  readFileSync(join(import.meta.dirname, '__fixtures__', `gpg-2.2-${name}.asc`), 'utf8')

async function signText(signingKeys: PrivateKey[]): Promise<string> {
  const message = await createCleartextMessage({ text })
  return (await sign({ message, signingKeys, date: new Date('2026-02-01T00:00:00Z') })) as string
}

const verify = (content: string, keyring: string | Uint8Array) =>
  verifyRelease('stable', { type: 'inline', content: Buffer.from(content) }, keyring, today)
const refused = { name: 'HardenError', code: 'SIGNATURE_INVALID' }

describe('verifyRelease', () => {
  it('gives the signed text, by a keyring of several armored keys or a binary one', async () => {
    const content = await signText([key])
    const keyrings = [
      other.toPublic().armor() + key.toPublic().armor(),
      Buffer.concat([other, key].map((one) => one.toPublic().write() as Uint8Array)),
    ]
    for (const keyring of keyrings) expect(await verify(content, keyring)).toBe(text)
  })

  it('takes one good signature among others', async () => {
    expect(await verify(await signText([other, key]), key.toPublic().armor())).toBe(text)
  })

  it('does not give text that stands before or after what was signed', async () => {
    const content = await signText([key])
    for (const more of [`Suite: other\n\n${content}`, `${content}\nSuite: other\n`]) {
      const found = await verify(more, key.toPublic().armor()).catch((error: unknown) => error)
      if (typeof found === 'string') expect(found).toBe(text)
      else expect(found).toMatchObject(refused)
    }
  })

  it('refuses a signature of SHA-1, not one of SHA-512 by the same key', async () => {
    expect(await verify(fixture('sha512'), fixture('key'))).toBe(text.trimEnd())
    await expect(verify(fixture('sha1'), fixture('key'))).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/SHA1/) as unknown,
    })
  })

  it.each([
    ['an empty keyring', ''],
    ['a keyring that is none', 'not a key'],
    ['bytes that are none', Buffer.from([1, 2, 3])],
  ])('refuses %s', async (_title, keyring) => {
    await expect(verify(await signText([key]), keyring)).rejects.toMatchObject(refused)
  })
})
