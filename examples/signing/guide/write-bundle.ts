import { writeFile } from 'node:fs/promises'
import { createStatement, type Signer, signStatement } from '@sallyport/attest'
import type { Digest } from '@sallyport/core'

/** Writes a signed statement to two files, as Sigstore bundle and as DSSE envelope; no registry is needed. */
export async function writeBundle(
  name: string,
  about: Digest,
  predicateType: string,
  predicate: unknown,
  signer: Signer,
): Promise<void> {
  const statement = createStatement([{ digest: about }], predicateType, predicate)
  const { bundle, envelope } = await signStatement(statement, signer)
  await writeFile(`${name}.sigstore.json`, bundle)
  await writeFile(`${name}.intoto.jsonl`, envelope)
}
