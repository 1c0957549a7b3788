// What we generate for other admission controllers, read by what they read it with: policy-controller evaluates the
// same CUE as cosign.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decisionInCue } from '@sallyport/admission/deploy'
import {
  attachAttestation,
  createStatement,
  decisionLevel,
  decisionResource,
  generateSigningKey,
  keySigner,
  predicateKinds,
  predicateTypes,
} from '@sallyport/attest'
import { digestOf } from '@sallyport/core'
import { createRegistryClient } from '@sallyport/oci'
import { pushImage, startRegistry, type TestRegistry } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CosignHome, createCosignHome } from './cosign-home.ts'
import { singleImage } from './samples.ts'

const verifierId = 'https://gate.example/prod'
const { descriptor } = singleImage.raw
const pair = generateSigningKey()
let directory: string
let registry: TestRegistry
let cosign: CosignHome
let repository: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-policies-'))
  registry = await startRegistry()
  repository = `${registry.host}/prod/app`
  cosign = await createCosignHome(join(directory, 'home'))
  await cosign.write('release.pub', pair.publicKey)
  await using client = createRegistryClient({ settleMs: 0 })
  const target = client.repository({ registry: registry.host, repository: 'prod/app' })
  await pushImage(target, singleImage)
  const predicate = predicateKinds.vsa.build({
    verifier: { id: verifierId },
    timeVerified: new Date(),
    resourceUri: decisionResource(repository),
    policy: { uri: 'gate.yaml', digest: digestOf('policy') },
    result: 'PASSED',
    verifiedLevels: ['SLSA_BUILD_LEVEL_2', decisionLevel('prod')],
  })
  const subject = [{ name: repository, digest: descriptor.digest }]
  const statement = createStatement(subject, predicateTypes.vsa, predicate)
  await attachAttestation(target, descriptor, statement, keySigner(pair.privateKey), {
    mode: 'both',
    settleMs: 0,
  })
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

const verify = async (cue: string, flags: readonly string[]): Promise<string> => {
  await cosign.write('decision.cue', cue)
  const type = `--type=${predicateTypes.vsa}`
  const common = ['--key=release.pub', '--insecure-ignore-tlog=true', '--allow-http-registry', ...flags]
  const image = `${repository}@${descriptor.digest}`
  return await cosign.run('verify-attestation', type, '--policy=decision.cue', ...common, image)
}

describe('the CUE of a ClusterImagePolicy, evaluated by cosign', () => {
  // The older tags are what policy-controller reads with keys.
  const formats = [
    ['bundles', []],
    ['tags', ['--new-bundle-format=false']],
  ] as const

  it.each(formats)('accepts the decision of the gate, in %s', async (_, flags) => {
    const wanted = { repository, tier: 'prod', verifierId }
    expect(await verify(decisionInCue(wanted), flags)).toContain('"payloadType"')
  })

  it.each(
    formats.flatMap(([format, flags]) => [
      [format, flags, 'another repository', 'resourceUri', { repository: 'other.example/prod/app' }] as const,
      [format, flags, 'another tier', 'verifiedLevels', { tier: 'stage' }] as const,
      [format, flags, 'another gate', 'verifier.id', { verifierId: 'https://gate.example/stage' }] as const,
    ]),
  )('refuses it in %s, with %j, when it wants that of %s', async (_, flags, __, field, other) => {
    const wanted = { repository, tier: 'prod', verifierId, ...other }
    await expect(verify(decisionInCue(wanted), flags)).rejects.toThrow(`- predicate.${field}`)
  })
})
