import { type CopyReport, copy, type Repository } from '@sallyport/oci'

/** Copies one platform, with SBOMs and cosign's signatures, and leaves everything else behind. */
export function copySelected(source: Repository, target: Repository, tag: string): Promise<CopyReport> {
  return copy(source, target, {
    from: tag,
    tag,
    platforms: [{ os: 'linux', architecture: 'amd64' }],
    evidence: {
      include: [
        { artifactType: ['application/spdx+json', 'application/vnd.cyclonedx+json'] },
        { mechanism: 'cosign-tag' },
      ],
      exclude: [{ annotations: { 'example.team/draft': 'true' } }],
      accept: ({ tag }) => tag === undefined || tag.endsWith('.sig'),
    },
  })
}
