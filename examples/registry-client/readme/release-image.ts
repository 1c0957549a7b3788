import { copy, createRegistryClient, dockerConfigCredentials, parseReference } from '@sallyport/oci'

export async function releaseImage(from: string, to: string): Promise<void> {
  await using client = createRegistryClient({ credentials: dockerConfigCredentials() })
  const source = client.repository(parseReference(from)) // build.example/team/app
  const target = client.repository(parseReference(to)) // prod.example/team/app

  const report = await copy(source, target, { from: '1.4', tag: '1.4' })
  for (const { role, descriptor, outcome } of report.manifests) console.log(role, descriptor.digest, outcome)
  console.log(`${report.blobs.bytes} bytes sent`)
}
