import { createHash, type KeyObject, sign } from 'node:crypto'

/** A key that signs, in the form of the port `Signer` of `@sallyport/attest`. */
export interface ContractSigner {
  readonly publicKey: string
  readonly keyId: string
  sign(content: Uint8Array): Promise<Uint8Array>
}

/** Signs with an ECDSA key on P-256. */
export function signWith({
  publicKey,
  privateKey,
}: {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}): ContractSigner {
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    keyId: createHash('sha256').update(der).digest('base64'),
    sign: async (content) => sign('sha256', content, privateKey),
  }
}
