import { readFile } from 'node:fs/promises'
import {
  createAdmission,
  createRegistryVerifier,
  parseAdmissionPolicy,
  pullingClients,
  revocationFile,
} from '@sallyport/admission'
import { dockerConfigCredentials } from '@sallyport/oci'

await using clients = pullingClients({ client: { credentials: dockerConfigCredentials() } })
await using admission = createAdmission({
  policy: parseAdmissionPolicy(await readFile('admission.yaml', 'utf8'), { source: 'admission.yaml' }),
  verifier: createRegistryVerifier({ repository: clients.repository }),
  revocations: revocationFile('revoked.yaml'),
})

const decision = await admission.decideImage('prod.example/team/app:1.4', { namespace: 'prod' })
if (decision.admitted) console.log(decision.pinned)
else for (const { code, message, action } of decision.reasons) console.log(`${code}: ${message}; ${action}`)
