import { createRegistryClient, parseReference } from '@sallyport/oci'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'

await using registry = await startRegistry()
await using client = createRegistryClient()
const image = createImage({
  layers: [{ files: { 'etc/hello': 'hello', bin: { symlink: 'usr/bin' } } }, { whiteouts: ['etc/hello'] }],
  config: { Entrypoint: ['/app'] },
})
await pushImage(client.repository(parseReference(`${registry.host}/team/app:1`)), image, '1')

registry.resolve('team/app', '1') // the digest
registry.requests.at(-1) // { method: 'PUT', kind: 'manifest', isTag: true, … }
