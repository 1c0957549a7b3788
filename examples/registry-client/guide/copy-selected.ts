import { type CopyReport, copy, type Repository } from '@sallyport/oci'

/** Copies one platform, with SBOMs and signatures, and leaves everything else behind. */
export function copySelected(source: Repository, target: Repository, tag: string): Promise<CopyReport> {
  return copy(source, target, {
    from: tag,
    tag,
    platforms: [{ os: 'linux', architecture: 'amd64' }],
    evidence: {
      include: [
        { artifactType: ['application/spdx+json', 'application/vnd.cyclonedx+json'] },
        { artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json' },
        { mechanism: 'cosign-tag' },
      ],
      exclude: [{ annotations: { 'example.team/draft': 'true' } }],
      accept: ({ tag }) => tag === undefined || tag.endsWith('.sig'),
    },
  })
}
