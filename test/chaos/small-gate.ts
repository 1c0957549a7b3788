// What the suites that promote many times share: an image that costs little to promote, and a gate for it.
import { generateSigningKey, keySigner, readEvidence } from '@sallyport/attest'
import type { PromoteOptions } from '@sallyport/gate'
import { parseReference, type RegistryClient } from '@sallyport/oci'
import { parsePolicy } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'
import { createImage, type GeneratedImage } from '@sallyport/testkit'

export { seededRandom, type SeededRandom } from './seeded-random.ts'

/** Keys of a gate as PEM, so that they can be handed to another process. */
export interface GateKeys {
  readonly evidence: { readonly privateKey: string; readonly publicKey: string }
  readonly release: { readonly privateKey: string; readonly publicKey: string }
}

/** New keys. */
export function generateGateKeys(): GateKeys {
  return { evidence: generateSigningKey(), release: generateSigningKey() }
}

/** Two packages on a Debian base, of which hardening removes one. `name` tells images apart. */
export function smallImage(name: string): GeneratedImage {
  const stanza = (name: string) =>
    `Package: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0\nDescription: of a test\n`
  return createImage({
    layers: [
      {
        files: {
          '/etc/os-release': 'ID=debian\nVERSION_ID=12\n',
          '/usr/bin/app': { content: `the application ${name}`, mode: 0o755 },
          '/usr/bin/left-over': { content: 'a tool that only the build needed', mode: 0o755 },
          '/var/lib/dpkg/status': `${stanza('app')}\n${stanza('left-over')}`,
          '/var/lib/dpkg/info/app.list': '/etc/os-release\n/usr/bin/app\n',
          '/var/lib/dpkg/info/left-over.list': '/usr/bin/left-over\n',
        },
      },
    ],
    config: { Entrypoint: ['/usr/bin/app'] },
  })
}

const policyText = `version: 1
tiers:
  prod:
    thresholds: [{ name: nothing critical, severity: critical, max: 0 }]
`

/** Time of the suites' promotions: with it, undisturbed runs give the same digests. */
export const now = new Date('2026-11-25T12:00:00.000Z')

/** What finds a critical flaw in the package that hardening takes out. */
const advisories = [
  {
    schema_version: '1.7.0',
    id: 'DSA-0000-1',
    modified: '2026-11-24T00:00:00Z',
    published: '2026-11-01T00:00:00Z',
    summary: 'a flaw of left-over',
    severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
    affected: [
      {
        package: { ecosystem: 'Debian:12', name: 'left-over' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '99' }] }],
      },
    ],
  },
]

/** The options that all promotions of a suite share. */
export function smallGate(
  keys: GateKeys,
): Pick<PromoteOptions, 'tier' | 'policy' | 'scanners' | 'harden' | 'signer' | 'clock'> {
  return {
    tier: 'prod',
    policy: parsePolicy(policyText, { source: 'small.yaml' }),
    scanners: [builtinScanner({ advisories: parseAdvisories(advisories, { source: 'the suite' }) })],
    harden: true,
    signer: { evidence: keySigner(keys.evidence.privateKey), release: keySigner(keys.release.privateKey) },
    clock: { now: () => now },
  }
}

/** What a consumer sees of a promoted image: the tag's digest, and what verifies about it, each piece once. */
export interface TargetState {
  readonly digest: string
  /** `store signer predicateType`, sorted. Signatures are random, so evidence is compared by what it says. */
  readonly evidence: readonly string[]
  readonly rejected: number
}

/** Reads the state behind a tag; `undefined` while there is no such tag. */
export async function readTargetState(
  client: RegistryClient,
  reference: string,
  keys: GateKeys,
): Promise<TargetState | undefined> {
  const { tag, ...name } = parseReference(reference)
  const repository = client.repository(name)
  const found = await repository.findManifest(tag!)
  if (!found) return undefined
  const { verified, rejected } = await readEvidence(repository, found.descriptor.digest, {
    keys: [keys.evidence.publicKey, keys.release.publicKey],
  })
  return {
    digest: found.descriptor.digest,
    evidence: verified
      .map(({ store, signer, statement }) => `${store} ${JSON.stringify(signer)} ${statement.predicateType}`)
      .sort(),
    rejected: rejected.length,
  }
}
