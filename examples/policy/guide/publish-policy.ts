import { readFile } from 'node:fs/promises'
import { keySigner } from '@sallyport/attest'
import { pushPolicyDocument } from '@sallyport/gate'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { parsePolicy } from '@sallyport/policy'

/** Signs a policy and pushes it, e.g. to `build.example/security/policy:1`; resolves with its digest. */
export async function publishPolicy(file: string, to: string): Promise<string> {
  const text = await readFile(file, 'utf8')
  parsePolicy(text, { source: file }) // what does not load is not published
  const signer = keySigner(await readFile('security.key', 'utf8'))
  const { tag } = parseReference(to)
  await using client = createRegistryClient()
  const repository = client.repository(parseReference(to))
  const { digest } = await pushPolicyDocument(repository, { kind: 'policy', text, tag, signer })
  return digest
}
