import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Admission,
  type AdmissionPolicyDocument,
  createAdmission,
  createRegistryVerifier,
  defineAdmissionPolicy,
  pullingClients,
  type Revocation,
  type RevocationSource,
} from '@sallyport/admission'
import { generateSigningKey, keySigner, parsePublicKey } from '@sallyport/attest'
import { digestOf } from '@sallyport/core'
import { promote, type PromotionOutcome, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { createRegistryClient, parseReference, type RegistryRepository } from '@sallyport/oci'
import { parsePolicy } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'
import { type RunningRegistry, startOlareg } from '@sallyport/test-tools'
import { createImage, createImageIndex, type GeneratedImage, pushImage } from '@sallyport/testkit'

const dayMs = 24 * 60 * 60 * 1000
/** The present of a suite. */
export const now = new Date('2026-11-26T12:00:00Z')
export const gateId = 'https://sallyport.dev/gate/prod'

/** Keys of a gate. */
export interface GateKeys {
  readonly evidence: ReturnType<typeof generateSigningKey>
  readonly release: ReturnType<typeof generateSigningKey>
}

/** Makes keys of another gate. */
export const createKeys = (): GateKeys => ({ evidence: generateSigningKey(), release: generateSigningKey() })

/** How a promotion differs from the usual one. */
export interface PromotionChanges {
  readonly keys?: GateKeys | undefined
  readonly tier?: 'prod' | 'staging' | undefined
  readonly at?: Date | undefined
  readonly platforms?: readonly string[] | undefined
}

/** A registry that a real gate promotes into, and an admission in front of it. */
export interface GatedRegistry extends AsyncDisposable {
  readonly registry: RunningRegistry
  readonly keys: GateKeys
  /** `registry/repository` of a name. */
  place(name: string): string
  repository(name: string): RegistryRepository
  /** Pushes an image to `build/<name>:1` and promotes it to `prod/<target>:1`. */
  promote(
    name: string,
    image: GeneratedImage,
    target?: string,
    changes?: PromotionChanges,
  ): Promise<PromotionOutcome>
  admission(options?: {
    readonly revocations?: readonly Revocation[]
    readonly policy?: Partial<AdmissionPolicyDocument>
  }): Admission
}

/** A small Debian-like image that nothing else is like; `weak` has a package with a critical flaw. */
export function imageOf(name: string, { weak = false, platform = 'linux/amd64' } = {}): GeneratedImage {
  const status = [
    'Package: hello',
    'Status: install ok installed',
    'Architecture: amd64',
    `Version: ${weak ? '1.0-1' : '9.0-1'}`,
    'Maintainer: Nobody <nobody@example.org>',
    'Description: hello of a test',
    '',
  ].join('\n')
  return createImage({
    platform,
    config: { Entrypoint: ['/usr/bin/hello'] },
    layers: [
      {
        files: {
          '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n',
          '/usr/bin/hello': { content: `#!/bin/sh\necho ${name}\n`, mode: 0o755 },
          '/var/lib/dpkg/status': status,
          '/var/lib/dpkg/info/hello.list': '/.\n/usr/bin/hello\n',
        },
      },
    ],
  })
}

/** The same for two platforms. */
export const indexOf = (name: string): GeneratedImage =>
  createImageIndex({
    'linux/amd64': imageOf(name),
    'linux/arm64': imageOf(name, { platform: 'linux/arm64' }),
  })

const advisory = {
  schema_version: '1.7.0',
  id: 'CVE-2026-1001',
  modified: '2026-11-24T00:00:00Z',
  published: '2026-11-01T00:00:00Z',
  summary: 'a flaw of hello',
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
  affected: [
    {
      package: { ecosystem: 'Debian:12', name: 'hello' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2' }] }],
    },
  ],
}

/** Starts olareg, and makes a gate and keys for it. */
export async function startGatedRegistry(): Promise<GatedRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-admission-'))
  const registry = await startOlareg({ directory: join(directory, 'olareg') })
  const keys = createKeys()
  const client = createRegistryClient()
  const clients = pullingClients({ client: { retry: { attempts: 2, baseDelayMs: 10 } } })
  const repository = (name: string): RegistryRepository =>
    client.repository(parseReference(`${registry.host}/${name}`))
  const gatePolicy = parsePolicy(
    'version: 1\ntiers:\n  staging: { thresholds: [{ name: few, severity: critical, max: 9 }] }\n' +
      '  prod: { extends: staging, thresholds: [{ name: few, severity: critical, max: 0 }] }\n',
    { source: 'gate.yaml' },
  )
  return {
    registry,
    keys,
    place: (name) => `${registry.host}/${name}`,
    repository,
    async promote(name, image, target = name, { keys: by = keys, tier = 'prod', at = now, platforms } = {}) {
      await pushImage(repository(`build/${name}`), image, '1')
      await using journal = sqliteJournal(':memory:')
      return await promote({
        from: `${registry.host}/build/${name}:1`,
        to: `${registry.host}/prod/${target}:1`,
        tier,
        platforms,
        // All tiers speak for the same gate here: it is the tier that must tell them apart.
        verifierId: gateId,
        policy: gatePolicy,
        scanners: [
          builtinScanner({
            advisories: parseAdvisories([advisory], { source: 'test' }),
            updatedAt: at.toISOString(),
          }),
        ],
        signer: { evidence: keySigner(by.evidence.privateKey), release: keySigner(by.release.privateKey) },
        journal,
        quarantine: sqliteQuarantine(':memory:'),
        repository: (reference) => client.repository(reference),
        workDirectory: directory,
        settleMs: 0,
        clock: { now: () => at },
      })
    },
    admission({ revocations = [], policy = {} } = {}) {
      const source: RevocationSource = {
        read: async () => ({ source: 'test', version: digestOf(JSON.stringify(revocations)), revocations }),
      }
      return createAdmission({
        policy: defineAdmissionPolicy(
          {
            version: 1,
            signers: {
              evidence: { keys: [keys.evidence.publicKey] },
              release: { keys: [keys.release.publicKey] },
            },
            rules: [
              {
                name: 'prod',
                registries: [`${registry.host}/prod`],
                require: {
                  decision: { tier: 'prod', gates: [{ id: gateId, by: 'release' }], maxAge: '30d' },
                  sbom: { by: 'evidence' },
                  signature: { by: 'release' },
                },
              },
            ],
            ...policy,
          },
          { source: 'admission.yaml' },
        ),
        verifier: createRegistryVerifier({
          repository: (name, credentials) => clients.repository(name, credentials),
          clock: { now: () => now },
        }),
        revocations: source,
        clock: { now: () => now },
      })
    },
    async [Symbol.asyncDispose]() {
      await clients[Symbol.asyncDispose]()
      await client.close()
      await registry.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Id of a public key. */
export const keyIdOf = (pem: string): string => parsePublicKey(pem).keyId
/** Days before the present. */
export const daysAgo = (days: number): Date => new Date(now.getTime() - days * dayMs)
