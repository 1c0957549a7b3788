import { verifyImage } from '@sallyport/attest'
import type { Repository } from '@sallyport/oci'
import {
  type AdvisoryDatabase,
  advisoryDatabaseAge,
  openAdvisoryDatabase,
  pullAdvisoryDatabase,
} from '@sallyport/scan/database'

/** The newest database that this key signed; without a registry the one that came last, while it is young enough. */
export async function pullDatabase(
  repository: Repository,
  mirrors: readonly Repository[],
  directory: string,
  publicKey: string,
): Promise<AdvisoryDatabase> {
  const { path, digest, from, failures } = await pullAdvisoryDatabase(repository, {
    reference: 'v1',
    directory,
    mirrors,
    maxAgeMs: 24 * 3_600_000,
    verify: (manifest, source) =>
      verifyImage(source, manifest, { requirements: [{ kind: 'signature', by: { keys: [publicKey] } }] }),
  })
  for (const { source, code, message } of failures) console.warn(`${source}: ${code}: ${message}`)
  const database = await openAdvisoryDatabase(path, { expectedDigest: digest })
  for (const { name, ageMs } of advisoryDatabaseAge(database, new Date()).sources) {
    console.log(`${name}: ${Math.round(ageMs / 3_600_000)} hours old (${from})`)
  }
  return database
}
