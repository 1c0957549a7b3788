import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { attachSignature, type Signer } from '@sallyport/attest'
import type { Repository } from '@sallyport/oci'
import { parseEpss, parseKev } from '@sallyport/scan'
import {
  type AdvisoryInput,
  buildAdvisoryDatabase,
  pushAdvisoryDatabase,
  type PushedAdvisoryDatabase,
} from '@sallyport/scan/database'

/** Builds a database, pushes it, and signs what was pushed. */
export async function publishDatabase(
  inputs: readonly AdvisoryInput[],
  output: string,
  repository: Repository,
  signer: Signer,
): Promise<PushedAdvisoryDatabase> {
  const { path } = await buildAdvisoryDatabase({
    inputs,
    kev: parseKev(await readFile('kev.json'), { source: 'kev.json' }),
    epss: await parseEpss(createReadStream('epss.csv'), { source: 'epss.csv' }),
    output,
  })
  const pushed = await pushAdvisoryDatabase(repository, path)
  const manifest = await repository.getManifest(pushed.digest)
  await attachSignature(repository, manifest.descriptor, signer)
  // Only now does a tag lead to it: nobody meets it without its signature.
  await repository.putManifest(manifest, { tag: 'v1' })
  return pushed
}
