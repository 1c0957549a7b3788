import { type CopyReport, copy, parseReference, type RegistryClient } from '@sallyport/oci'

/** Copies an image with its evidence. The tag moves last, and only from where it was when we looked. */
export async function copyRelease(client: RegistryClient, from: string, to: string): Promise<CopyReport> {
  const source = parseReference(from)
  const target = parseReference(to)
  const tag = target.tag ?? 'latest'
  const repository = client.repository(target)
  const current = await repository.findManifest(tag)
  return copy(client.repository(source), repository, {
    from: source.digest ?? source.tag ?? 'latest',
    tag,
    expected: current?.descriptor.digest ?? 'absent',
    signal: AbortSignal.timeout(30 * 60_000),
    onProgress: (event) => {
      if (event.type === 'blob-copied') console.log(`${event.blob.digest}: ${event.blob.size} bytes`)
    },
  })
}
