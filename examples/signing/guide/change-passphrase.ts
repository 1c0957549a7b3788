import { readFile, writeFile } from 'node:fs/promises'
import { encryptPrivateKey } from '@sallyport/attest'

/** Encrypts a private key of any form as cosign does it, with a new passphrase. */
export async function changePassphrase(
  path: string,
  current: string | undefined,
  next: string,
): Promise<void> {
  const key = await readFile(path, 'utf8')
  const encrypted = encryptPrivateKey(key, { currentPassphrase: current, passphrase: next })
  await writeFile(path, encrypted, { mode: 0o600 })
}
