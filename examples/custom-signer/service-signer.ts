// A signer of one's own: the key is in a signing service inside the company, and never leaves it.
import { parsePublicKey, type Signer } from '@sallyport/attest'

/** Signs by asking `url`, whose answer to `POST /sign` is an ECDSA signature in DER over what it was sent. */
export async function serviceSigner(url: string, token: string): Promise<Signer> {
  const ask = async (
    path: string,
    body?: Uint8Array<ArrayBuffer>,
    signal?: AbortSignal,
  ): Promise<Uint8Array> => {
    const response = await fetch(new URL(path, url), {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: AbortSignal.any([AbortSignal.timeout(10_000), ...(signal ? [signal] : [])]),
      ...(body ? { body } : {}),
    })
    if (!response.ok) throw new Error(`the signing service answers ${response.status} to ${path}`)
    return new Uint8Array(await response.arrayBuffer())
  }
  const publicKey = new TextDecoder().decode(await ask('/key'))
  return {
    publicKey,
    keyId: parsePublicKey(publicKey).keyId,
    sign: (content, { signal } = {}) => ask('/sign', Uint8Array.from(content), signal),
  }
}
