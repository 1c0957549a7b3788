import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { attachSignature, generateSigningKey, keySigner } from '@sallyport/attest'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { buildAdvisoryDatabase, pushAdvisoryDatabase } from '@sallyport/scan/database'
import { pushImage, startRegistry, type TestRegistry } from '@sallyport/testkit'
import { sampleAdvisories, sampleImage } from '../gate/write-samples.ts'

/** What a job finds: registries, and what its project keeps as secrets. */
export interface JobSurroundings extends AsyncDisposable {
  /** Holds `team/good:1`, `team/bad:1` and the signed advisories; anybody may read it. */
  readonly build: TestRegistry
  /** Is empty; who writes signs in, who reads need not. */
  readonly production: TestRegistry
  /** By the names that the jobs use. */
  readonly secrets: Readonly<Record<'EVIDENCE_KEY' | 'RELEASE_KEY' | 'PRODUCTION_TOKEN', string>>
  /** Who may write to production. */
  readonly user: string
}

/** Starts registries, and writes the public keys that a project has in its repository into `folder`. */
export async function prepareJob(folder: string): Promise<JobSurroundings> {
  await using resources = new AsyncDisposableStack()
  const [user, PRODUCTION_TOKEN] = ['robot', 'a-long-token']
  const build = resources.use(await startRegistry())
  const auth = { username: user, password: PRODUCTION_TOKEN, anonymousPull: true }
  const production = resources.use(await startRegistry({ auth }))
  const [evidence, release, security] = [generateSigningKey(), generateSigningKey(), generateSigningKey()]
  await writeFile(join(folder, 'release.pub'), release.publicKey)
  await writeFile(join(folder, 'advisories.pub'), security.publicKey)

  await using client = createRegistryClient()
  const at = (name: string) => client.repository(parseReference(`${build.host}/${name}`))
  await pushImage(at('team/good'), sampleImage(), '1')
  await pushImage(at('team/bad'), sampleImage({ tool: true }), '1')
  const records = join(folder, 'records.jsonl')
  const lines = (JSON.parse(sampleAdvisories()) as object[]).map((record) => JSON.stringify(record))
  await writeFile(records, lines.join('\n'))
  const output = join(folder, 'advisories.db')
  await buildAdvisoryDatabase({ inputs: [{ kind: 'jsonl', name: 'sample', content: records }], output })
  const advisories = at('security/advisories')
  const { digest } = await pushAdvisoryDatabase(advisories, output, { tag: 'v1' })
  const { descriptor } = await advisories.getManifest(digest)
  await attachSignature(advisories, descriptor, keySigner(security.privateKey), { settleMs: 0 })

  const owned = resources.move()
  return {
    build,
    production,
    user,
    secrets: { EVIDENCE_KEY: evidence.privateKey, RELEASE_KEY: release.privateKey, PRODUCTION_TOKEN },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
