import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseReference, type RegistryClient, streamArchive } from '@sallyport/oci'
import { resolveImage } from './resolve-image.ts'

/** Writes what `docker load` reads, straight from the registry; `docker` is the standard input of that program. */
export async function loadIntoDocker(client: RegistryClient, image: string, docker: Writable): Promise<void> {
  const reference = parseReference(image)
  const { descriptor } = await resolveImage(client, image)
  const images = [{ descriptor, tag: reference.tag ?? 'latest' }]
  await pipeline(streamArchive(client.repository(reference), images, { docker: reference }), docker)
}
