import { type AuditArchive, findGarbage } from '@sallyport/audit'

/** Evidence without its image, and images without evidence that their decision relied on. */
export async function listGarbage(archive: AuditArchive, audit: string): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const found of findGarbage(archive.records(audit))) {
    const lost = found.kind === 'stray-evidence' ? found.subjects : found.missing
    lines.push(`${found.kind}: ${found.repository}@${found.digest}, gone: ${lost.join(', ')}`)
  }
  return lines
}
