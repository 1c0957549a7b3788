import { argv } from 'node:process'
import { copy, createRegistryClient, dockerConfigCredentials, parseReference } from '@sallyport/oci'

const [from, to] = argv.slice(2).map((text) => parseReference(text))
if (!from || !to?.tag) throw new Error('usage: node copy-image.ts FROM TO:TAG')
await using client = createRegistryClient({ credentials: dockerConfigCredentials() })
const { root, rejected } = await copy(client.repository(from), client.repository(to), {
  from: from.digest ?? from.tag ?? 'latest',
  tag: to.tag,
})
for (const { digest, reason } of rejected) console.warn(`${digest} is no evidence: ${reason}`)
console.log(root.digest)
