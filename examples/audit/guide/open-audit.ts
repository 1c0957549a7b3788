import {
  type Audit,
  type AuditOptions,
  createAudit,
  createClassifier,
  distributionListing,
  sqliteAuditState,
} from '@sallyport/audit'
import { createRegistryClient } from '@sallyport/oci'
import { readTerms } from './read-terms.ts'

/** An audit, and what it is made of; dispose the stack when done. */
export async function openAudit(
  registry: string,
  resources: AsyncDisposableStack,
  options: Partial<AuditOptions> = {},
): Promise<Audit> {
  const client = resources.use(createRegistryClient())
  const state = resources.use(sqliteAuditState('audit.db'))
  return createAudit({
    listing: distributionListing({ client, registry }),
    client,
    classifier: createClassifier(),
    terms: await readTerms(),
    state,
    ...options,
  })
}
