import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateSigningKey } from '@sallyport/attest'
import { createRegistryClient, type RegistryClient } from '@sallyport/oci'
import { type GeneratedImage, pushImage, startRegistry, type TestRegistry } from '@sallyport/testkit'
import { sampleAdvisories, sampleImage } from '../../examples/gate/write-samples.ts'

const policy = `version: 1
tiers:
  prod:
    thresholds:
      - { name: no critical, severity: critical, max: 0 }
`

const cases = `version: 1
cases:
  - name: clean
    tier: prod
    now: 2026-11-25T12:00:00Z
    facts: {}
    expect: { verdict: pass }
  - name: critical
    tier: prod
    now: 2026-11-25T12:00:00Z
    facts: { findings: ['CVE-2026-1 critical zlib1g@1.3 linked'] }
    expect: { verdict: fail }
`

/** A folder with everything that commands need, and two registries of this process. */
export interface Prepared extends AsyncDisposable {
  readonly folder: string
  readonly build: TestRegistry
  readonly production: TestRegistry
  readonly client: RegistryClient
  /** Pushes an image to the build registry; returns its reference. */
  push(name: string, image?: GeneratedImage): Promise<string>
  /** Where a name is in production. */
  to(name: string): string
}

/** Writes policy, advisories, keys and configuration into a folder, and starts registries. */
export async function prepare(folder: string): Promise<Prepared> {
  const [build, production] = await Promise.all([startRegistry(), startRegistry()])
  const client = createRegistryClient()
  const files: Record<string, string> = {
    'gate.yaml': policy,
    'cases.yaml': cases,
    'waivers.yaml': 'version: 1\nwaivers: []\n',
    'advisories.json': sampleAdvisories(),
    'sallyport.yaml':
      'policy: gate.yaml\nadvisories: advisories.json\nharden: true\nevidenceKey: evidence.key\nreleaseKey: release.key\napprovalKey: [reviewers.pub]\n',
  }
  for (const name of ['evidence', 'release', 'reviewers']) {
    const { privateKey, publicKey } = generateSigningKey()
    files[`${name}.key`] = privateKey
    files[`${name}.pub`] = publicKey
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  return {
    folder,
    build,
    production,
    client,
    async push(name, image = sampleImage()) {
      const [repository = '', tag = 'latest'] = name.split(':')
      await pushImage(client.repository({ registry: build.host, repository }), image, tag)
      return `${build.host}/${name}`
    },
    to: (name) => `${production.host}/${name}`,
    async [Symbol.asyncDispose]() {
      await client.close()
      await Promise.all([build.close(), production.close()])
    },
  }
}
