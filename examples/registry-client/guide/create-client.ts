import { createRegistryClient, dockerConfigCredentials, firstCredentials } from '@sallyport/oci'
import type { RegistryClient } from '@sallyport/oci'
import { acrCredentials } from '@sallyport/oci/acr'
import { ecrCredentials } from '@sallyport/oci/ecr'
import { garCredentials } from '@sallyport/oci/gar'

/** One client for the whole program: its connections, tokens and limits are shared. */
export function createClient(): RegistryClient {
  return createRegistryClient({
    credentials: firstCredentials(
      ecrCredentials(),
      garCredentials(),
      acrCredentials(),
      dockerConfigCredentials(),
    ),
    requestsPerSecond: 50,
    onWarning: ({ host, text }) => console.warn(`${host} warns: ${text}`),
  })
}
