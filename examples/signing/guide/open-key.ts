import { readFile } from 'node:fs/promises'
import { keySigner, type Signer } from '@sallyport/attest'

/** A signer of a key in PEM. The passphrase is looked at only when the key is encrypted. */
export async function openKey(path: string): Promise<Signer> {
  return keySigner(await readFile(path, 'utf8'), { passphrase: process.env['COSIGN_PASSWORD'] })
}
