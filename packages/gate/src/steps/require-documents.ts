import type { BlobReader, Digest, RawManifest } from '@sallyport/core'
import { parseManifest } from '@sallyport/oci'
import { GateError } from '../errors.ts'

/**
 * Refuses what an index lists as documents when a blob of it is none. Media types are claims: runtimes that look at the
 * bytes would unpack a layer whatever it is called.
 *
 * @throws {GateError} `OPTIONS_INVALID` naming the blob.
 */
export async function requireDocuments(
  blobs: BlobReader,
  attachments: readonly RawManifest[],
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  for (const raw of attachments) {
    for (const layer of parseManifest(raw).layers) {
      if (!(await isText(blobs.open(layer, { signal })))) throw disguised(raw.descriptor.digest, layer)
    }
  }
}

/**
 * Whether it is text that begins as a JSON object or list. Neither an archive nor a program is: they hold bytes that no JSON
 * text does.
 */
async function isText(chunks: AsyncIterable<Uint8Array>): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let isBegun = false
  for await (const chunk of chunks) {
    if (chunk.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)) return false
    let text: string
    try {
      text = decoder.decode(chunk, { stream: true })
    } catch {
      return false
    }
    if (isBegun) continue
    const start = text.trimStart()
    if (start === '') continue
    if (!/^[[{]/.test(start)) return false
    isBegun = true
  }
  return isBegun
}

function disguised(
  digest: Digest,
  layer: { readonly mediaType: string; readonly digest: Digest },
): GateError {
  return new GateError(
    'OPTIONS_INVALID',
    `${digest}: ${layer.digest} is called ${JSON.stringify(layer.mediaType)} and is no JSON; leave this entry out of the index`,
    { step: 'decide', side: 'source' },
  )
}
