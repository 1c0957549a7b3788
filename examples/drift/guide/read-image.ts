import { readFile } from 'node:fs/promises'
import { type Digest, formatReference } from '@sallyport/core'
import { createRegistryClient, dockerConfigCredentials, parseReference } from '@sallyport/oci'
import { type ImageBaseline, readBaseline } from '@sallyport/runtime'

/** The files of an image in production, believed only if the gate decided for this very repository. */
export async function readImage(repository: string, digest: Digest, config?: Digest): Promise<ImageBaseline> {
  await using client = createRegistryClient({ credentials: dockerConfigCredentials() })
  const { registry, repository: path } = parseReference(`${repository}@${digest}`)
  const name = formatReference({ registry, repository: path })
  const own = path.slice(path.lastIndexOf('/') + 1)
  return await readBaseline(client.repository({ registry, repository: path }), digest, {
    fileManifest: { keys: [await readFile('evidence.pub', 'utf8')] },
    requirements: [
      {
        kind: 'vsa',
        verifiers: [
          { id: 'https://sallyport.dev/gate/prod', by: { keys: [await readFile('release.pub', 'utf8')] } },
        ],
        resourceUri: `pkg:oci/${own}?repository_url=${encodeURIComponent(name)}`,
      },
    ],
    config,
  })
}
