import { writeFile } from 'node:fs/promises'
import { generateSigningKey } from '@sallyport/attest'

/** Writes `<name>.key`, encrypted as cosign does it, and `<name>.pub`. */
export async function generateKeys(name: string, passphrase: string): Promise<void> {
  const { privateKey, publicKey } = generateSigningKey({ passphrase })
  await writeFile(`${name}.key`, privateKey, { mode: 0o600, flag: 'wx' })
  await writeFile(`${name}.pub`, publicKey)
}
