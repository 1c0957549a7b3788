import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAdmission, createRegistryVerifier, defineAdmissionPolicy } from '@sallyport/admission'
import {
  type CertificateIdentity,
  fixedIdentityToken,
  parseSigningConfig,
  parseTrustedRoot,
  predicateTypes,
  signingServices,
  verifyImage,
} from '@sallyport/attest'
import { promote, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { createRegistryClient } from '@sallyport/oci'
import { generateGateKeys, smallGate, smallImage } from '@sallyport/test-chaos'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CosignHome, createCosignHome } from './cosign-home.ts'
import { evidenceRegistries, type EvidenceRegistry } from './evidence-registry.ts'
import {
  deploymentTimeoutMs,
  sampleIdentities,
  type SigstoreDeployment,
  sigstoreDeployments,
} from './sigstore-deployments.ts'

/** Cosign knows these by names of its own. */
const attested = {
  cyclonedx: predicateTypes.cyclonedx,
  [predicateTypes.vulns]: predicateTypes.vulns,
  [predicateTypes.vsa]: predicateTypes.vsa,
}
const rows = evidenceRegistries.flatMap(({ name }) =>
  sampleIdentities.map((identity) => ({ registry: name, ...identity })),
)

describe.each(sigstoreDeployments)('a gate that signs with $name', ({ start }) => {
  let directory: string
  let services: SigstoreDeployment
  let cosign: CosignHome
  const registries = new Map<string, EvidenceRegistry>()
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-keyless-'))
    services = await start(directory)
    cosign = await createCosignHome(join(directory, 'home'))
    await cosign.write('trusted-root.json', services.trustedRoot)
    for (const registry of evidenceRegistries) registries.set(registry.name, await registry.start(directory))
  }, 2 * deploymentTimeoutMs)
  afterAll(async () => {
    for (const registry of registries.values()) await registry[Symbol.asyncDispose]()
    await services?.[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  it.each(rows)(
    'as $who: cosign and we verify what it promoted in $registry, for that one alone',
    async ({ registry, repository, token, subject, another, issuer: issuerName }) => {
      const { host, push } = registries.get(registry)!
      const issuer = services[issuerName]
      await push(`build/${repository}`, smallImage(repository))
      const root = parseTrustedRoot(JSON.stringify(services.trustedRoot))
      const { signer, witnesses } = signingServices(
        parseSigningConfig(JSON.stringify(services.signingConfig)),
        { token: fixedIdentityToken(services.issueToken(token)), identity: { issuer, subject } },
      )
      await using journal = sqliteJournal(':memory:')
      await using quarantine = sqliteQuarantine(':memory:')
      await using client = createRegistryClient({ settleMs: 0 })
      const [from, to] = [`${host}/build/${repository}:1`, `${host}/prod/${repository}:1`]
      const outcome = await promote({
        ...smallGate(generateGateKeys()),
        from,
        to,
        signer: { evidence: signer, release: signer },
        confirmation: { witnesses, root },
        journal,
        quarantine,
        repository: (reference) => client.repository(reference),
      })
      if (outcome.verdict !== 'pass') throw new Error(JSON.stringify(outcome, undefined, 1))
      expect(outcome.record.signers.release).toBe(`${subject} (${issuer})`)

      const image = `${host}/prod/${repository}@${outcome.digest}`
      const run = async (
        name: string,
        command: string,
        ...args: readonly string[]
      ): Promise<true | string> => {
        const by = [`--certificate-identity=${name}`, `--certificate-oidc-issuer=${issuer}`]
        const common = ['--allow-http-registry', '--trusted-root=trusted-root.json', ...by, ...args, image]
        return cosign.run(command, ...common).then(
          () => true,
          (error: unknown) => String(error),
        )
      }
      expect(await run(subject, 'verify')).toBe(true)
      for (const type of Object.keys(attested))
        expect([type, await run(subject, 'verify-attestation', '--type', type)]).toEqual([type, true])
      const mismatch = expect.stringContaining('expected SAN value') as string
      expect(await run(another, 'verify')).toEqual(mismatch)
      expect(await run(another, 'verify-attestation', '--type', predicateTypes.vsa)).toEqual(mismatch)

      const judge = async (name: string) => {
        const identities: readonly CertificateIdentity[] = [{ issuer, subject: name }]
        const target = client.repository({ registry: host, repository: `prod/${repository}` })
        const requirements = [
          { kind: 'signature', by: { identities } },
          ...Object.values(attested)
            .filter((predicateType) => predicateType !== predicateTypes.vsa)
            .map((predicateType) => ({ kind: 'attestation', by: { identities }, predicateType }) as const),
        ] as const
        return (await verifyImage(target, '1', { requirements, root })).verdict
      }
      expect([await judge(subject), await judge(another)]).toEqual(['pass', 'fail'])

      const admits = async (name: string) => {
        await using admission = createAdmission({
          policy: defineAdmissionPolicy(
            {
              version: 1,
              signers: { gate: { identities: [{ issuer, subject: name }] } },
              rules: [
                {
                  name: 'production',
                  registries: [host],
                  require: {
                    decision: {
                      tier: 'prod',
                      gates: [{ id: 'https://sallyport.dev/gate/prod', by: 'gate' }],
                    },
                    sbom: { by: 'gate' },
                  },
                },
              ],
            },
            { source: 'admission.yaml' },
          ),
          verifier: createRegistryVerifier({
            repository: (reference) => client.repository(reference),
            root,
          }),
        })
        return (await admission.decideImage(image)).verdict
      }
      expect([await admits(subject), await admits(another)]).toEqual(['allow', 'deny'])
    },
  )
})
