import { readFile } from 'node:fs/promises'
import {
  createAdmission,
  createRegistryVerifier,
  parseAdmissionPolicy,
  pullingClients,
  revocationFile,
} from '@sallyport/admission'
import {
  type ClusterApiOptions,
  createWebhookServer,
  kubernetesClusterView,
  type WebhookServer,
} from '@sallyport/admission/webhook'
import { ecrCredentials } from '@sallyport/oci/ecr'

/** Starts a webhook that pulls with what the Pod pulls with; dispose the stack when done. */
export async function startWebhook(
  resources: AsyncDisposableStack,
  {
    tokens,
    port = 8443,
    ...api
  }: ClusterApiOptions & { readonly tokens: readonly string[]; readonly port?: number },
): Promise<WebhookServer> {
  const clients = resources.use(pullingClients())
  const cluster = resources.use(
    kubernetesClusterView({ ...api, pullSecrets: ['prod'], fallback: ecrCredentials() }),
  )
  const admission = resources.use(
    createAdmission({
      policy: parseAdmissionPolicy(await readFile('admission.yaml'), { source: 'admission.yaml' }),
      verifier: createRegistryVerifier({ repository: clients.repository }),
      revocations: revocationFile('revoked.yaml'),
      cluster,
    }),
  )
  return resources.use(
    await createWebhookServer({
      admission,
      tls: { certificate: 'tls.crt', key: 'tls.key' },
      port,
      warm: { tokens },
      onEvent: (event) => console.log(JSON.stringify(event)),
    }),
  )
}
