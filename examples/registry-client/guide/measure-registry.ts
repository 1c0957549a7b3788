import { readFile, writeFile } from 'node:fs/promises'
import {
  createRegistryClient,
  dockerConfigCredentials,
  parseCapabilities,
  parseReference,
  type RegistryClient,
} from '@sallyport/oci'

/** Measures what a repository's registry does, and keeps the answer. */
export async function measureRegistry(client: RegistryClient, name: string, file: string): Promise<void> {
  const capabilities = await client.repository(parseReference(name)).probeCapabilities()
  if (capabilities.left.length > 0) console.warn(`could not delete ${capabilities.left.join(', ')}`)
  await writeFile(file, JSON.stringify(capabilities, undefined, 2))
}

/** A client that goes by what was measured, as long as it is not too old. */
export async function createInformedClient(file: string): Promise<RegistryClient> {
  return createRegistryClient({
    credentials: dockerConfigCredentials(),
    capabilities: [parseCapabilities(await readFile(file, 'utf8'))],
  })
}
