import { readFile } from 'node:fs/promises'
import { createAudit, createClassifier, distributionListing, sqliteAuditState } from '@sallyport/audit'
import { renderAuditText } from '@sallyport/audit/report'
import { createRegistryClient } from '@sallyport/oci'

const key = await readFile('release.pub', 'utf8')
await using client = createRegistryClient()
await using state = sqliteAuditState('audit.db')

const audit = createAudit({
  client,
  state,
  listing: distributionListing({ client, registry: 'prod.example' }),
  classifier: createClassifier(),
  terms: {
    tier: 'prod',
    signers: { keys: [key] },
    sbom: { keys: [await readFile('evidence.pub', 'utf8')] },
    provenance: false,
    decision: [{ id: 'https://sallyport.dev/gate/prod', by: { keys: [key] } }],
  },
})
const summary = await audit.run()
console.log(await renderAuditText(summary, audit.archive.records(summary.id)))
