import { readFile } from 'node:fs/promises'
import {
  createAdmission,
  createRegistryVerifier,
  parseAdmissionPolicy,
  pullingClients,
} from '@sallyport/admission'
import { dockerConfigCredentials } from '@sallyport/oci'

/** Says whether an image may run, and why not; for a CI step, or a controller of one's own. */
export async function mayRun(image: string, namespace: string): Promise<readonly string[]> {
  await using clients = pullingClients({ client: { credentials: dockerConfigCredentials() } })
  await using admission = createAdmission({
    policy: parseAdmissionPolicy(await readFile('admission.yaml'), { source: 'admission.yaml' }),
    verifier: createRegistryVerifier({ repository: clients.repository }),
  })
  const { admitted, reasons } = await admission.decideImage(image, { namespace })
  return admitted ? [] : reasons.map(({ code, message, action }) => `${code}: ${message}. ${action}`)
}
