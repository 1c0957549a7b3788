import {
  attachAttestation,
  createStatement,
  generateSigningKey,
  keySigner,
  predicateKinds,
  predicateTypes,
} from '@sallyport/attest'
import { digestOf } from '@sallyport/core'
import { type Image, openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { createRegistryClient, parseReference, type RegistryClient, type Repository } from '@sallyport/oci'
import {
  createImage,
  type ImageDescription,
  pushImage,
  startRegistry,
  type TestRegistry,
} from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { debianImage } from '../promote/debian-image.fixture.ts'
import { describeConfiguration } from './describe-configuration.ts'
import { describeFiles } from './describe-files.ts'
import { findBase } from './find-base.ts'
import { describeEvidenceFacts, readSourceEvidence } from './gather-evidence.ts'

let registry: TestRegistry
let client: RegistryClient
let repository: Repository
let images: AsyncDisposableStack

beforeEach(async () => {
  registry = await startRegistry()
  client = createRegistryClient({ settleMs: 0, retry: { attempts: 1 } })
  repository = client.repository(parseReference(`${registry.host}/build/app:1`))
  images = new AsyncDisposableStack()
})
afterEach(async () => {
  await images.disposeAsync()
  await client.close()
  await registry.close()
})

async function open(description: ImageDescription): Promise<Image> {
  await pushImage(repository, createImage(description), '1')
  return images.use(await openImage(repository, await repository.getManifest('1')))
}

describe('what a configuration says', () => {
  it('has names of variables only', async () => {
    const { config } = await open({
      ...debianImage(),
      config: {
        User: '1000:1000',
        Entrypoint: ['/app/run.sh'],
        Cmd: ['serve'],
        Env: ['PATH=/usr/bin', 'API_TOKEN=hunter2', 'EMPTY'],
        Labels: { team: 'web' },
        ExposedPorts: { '8080/tcp': {}, '443/tcp': {} },
        Volumes: { '/data': {} },
        Healthcheck: { Test: ['CMD', '/bin/true'] },
      },
    })
    const facts = describeConfiguration(config)
    expect(facts).toMatchObject({
      user: '1000:1000',
      entrypoint: ['/app/run.sh'],
      command: ['serve'],
      environment: ['PATH', 'API_TOKEN', 'EMPTY'],
      labels: { team: 'web' },
      exposedPorts: ['443/tcp', '8080/tcp'],
      volumes: ['/data'],
      healthCheck: true,
    })
    expect(JSON.stringify(facts)).not.toContain('hunter2')
  })

  it.each([
    ['nothing', undefined],
    ['a health check that is switched off', { Healthcheck: { Test: ['NONE'] } }],
    ['sets that are none', { ExposedPorts: ['80'], Volumes: 'data' }],
  ])('is empty for %s', async (_title, config) => {
    const image = await open({ ...debianImage(), config: config as ImageDescription['config'] })
    expect(describeConfiguration(image.config)).toMatchObject({
      entrypoint: [],
      exposedPorts: [],
      volumes: [],
      healthCheck: false,
    })
  })
})

/** A file with `security.capability` as setcap writes it. */
const withCapabilities = (base64: string) => ({
  content: 'x',
  mode: 0o755,
  xattrs: { 'security.capability': Buffer.from(base64, 'base64') },
})

it('finds setuid programs and what is as good, shells, also through links, and what everybody may write', async () => {
  const { tree } = await open({
    platform: 'linux/amd64',
    layers: [
      {
        files: {
          '/usr/bin/su': { content: 'su', mode: 0o4755 },
          '/usr/bin/wall': { content: 'wall', mode: 0o2755 },
          '/usr/bin/dash': { content: 'shell', mode: 0o755 },
          '/usr/bin/sh': { symlink: 'dash' },
          '/usr/bin/zsh': { symlink: 'gone' },
          '/usr/share/doc/bash': { content: 'a document', mode: 0o644 },
          '/app/open': { content: 'x', mode: 0o666 },
          '/usr/bin/ping': withCapabilities('AQAAAgAgAAAAAAAAAAAAAAAAAAA='),
          '/opt/root': withCapabilities('AAAAAoAAIAAAAAAAAAAAAAAAAAA='),
          '/opt/inherits': withCapabilities('AAAAAgAAAABAAAAAAAAAAAAAAAA='),
          '/opt/none': withCapabilities('AAAAAgAAAAAAAAAAAAAAAAAAAAA='),
          '/opt/odd': withCapabilities('AQ=='),
          '/opt/link': { hardlink: '/opt/root' },
        },
      },
    ],
  })
  expect(describeFiles(tree)).toEqual({
    setuid: ['/opt/inherits', '/opt/link', '/opt/odd', '/opt/root', '/usr/bin/su', '/usr/bin/wall'],
    capabilities: {
      '/opt/inherits': ['cap_setgid'],
      '/opt/link': ['cap_setuid', 'cap_sys_admin'],
      '/opt/odd': ['unknown'],
      '/opt/root': ['cap_setuid', 'cap_sys_admin'],
      '/usr/bin/ping': ['cap_net_raw'],
    },
    shells: ['/usr/bin/dash', '/usr/bin/sh'],
    worldWritable: ['/app/open'],
  })
})

describe('the base of an image', () => {
  const name = 'docker.io/library/debian:12'
  const digest = digestOf('base')

  it('is known by its layers, the longest match first', async () => {
    const image = await open({
      ...debianImage(),
      annotations: { 'org.opencontainers.image.base.name': 'docker.io/library/scratch' },
    } as ImageDescription)
    const diffIds = image.layers.map(({ diffId }) => diffId)
    const bases = [
      { name, digest, diffIds: diffIds.slice(0, 1), created: '2026-11-01T00:00:00Z' },
      { name: 'team/base', digest: digestOf('team'), diffIds: diffIds.slice(0, 2) },
      { name: 'other', digest: digestOf('other'), diffIds: [...diffIds.slice(0, 2), digestOf('x')] },
      { name: 'empty', digest: digestOf('empty'), diffIds: [] },
    ]
    expect(findBase(image, bases)).toMatchObject({ name: 'team/base', knownBy: 'layers' })
    expect(findBase(image, bases.slice(0, 1))).toEqual({
      name,
      digest,
      created: '2026-11-01T00:00:00Z',
      knownBy: 'layers',
    })
  })

  it('is what a label claims, with the time of the base that is meant', async () => {
    const Labels = {
      'org.opencontainers.image.base.name': name,
      'org.opencontainers.image.base.digest': digest,
    }
    const image = await open({ ...debianImage(), config: { Labels } })
    const known = { name, digest, diffIds: [digestOf('elsewhere')], created: '2026-11-01T00:00:00Z' }
    expect(findBase(image, [known])).toEqual({ name, digest, created: known.created, knownBy: 'label' })
    expect(findBase(image)).toEqual({ name, digest, created: undefined, knownBy: 'label' })
  })

  it.each([[{}], [{ 'org.opencontainers.image.base.digest': 'no digest' }]])(
    'is unknown with %o',
    async (Labels) => {
      expect(findBase(await open({ ...debianImage(), config: { Labels } }))).toBeUndefined()
    },
  )
})

describe('evidence of the source', () => {
  const signer = keySigner(generateSigningKey().privateKey)
  const stranger = keySigner(generateSigningKey().privateKey)

  it('tells kind, signer, time, builder, and how the SBOM compares; what does not verify is told too', async () => {
    const image = await open(debianImage())
    const { descriptor } = image.raw
    const purls = (await createInventory(image)).packages.map(({ purl }) => purl)
    const attest = (by: typeof signer, type: string, predicate: unknown) =>
      attachAttestation(
        repository,
        descriptor,
        createStatement([{ digest: descriptor.digest }], type, predicate),
        by,
        { settleMs: 0, mode: 'bundle' },
      )
    const provenance = predicateKinds.provenance.build({
      buildType: 'https://build.example/type',
      externalParameters: {},
      builder: { id: 'https://build.example/builder' },
      finishedOn: new Date('2026-11-20T00:00:00Z'),
    })
    await attest(signer, predicateTypes.provenance, provenance)
    const sbom = {
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      metadata: { component: { type: 'container', name: 'app', version: descriptor.digest } },
      components: purls.slice(1).map((purl) => ({ type: 'library', name: purl, purl })),
    }
    await attest(signer, predicateTypes.cyclonedx, predicateKinds.cyclonedx.build(sbom))
    await attest(stranger, predicateTypes.provenance, provenance)

    const trust = { keys: [signer.publicKey] }
    const reports = await readSourceEvidence(repository, [descriptor.digest], trust)
    const facts = describeEvidenceFacts(reports, { digests: [descriptor.digest], packages: purls })

    const by = { kind: 'key', keyId: signer.keyId }
    expect(facts.verified.toSorted((one, other) => (one.kind < other.kind ? -1 : 1))).toMatchObject([
      {
        kind: 'provenance',
        subject: descriptor.digest,
        signer: by,
        signedAt: '2026-11-20T00:00:00.000Z',
        builder: { id: 'https://build.example/builder' },
      },
      { kind: 'sbom', signer: by, sbom: { ok: false, differences: { missing: [purls[0]] } } },
    ])
    expect(facts.verified.find(({ kind }) => kind === 'sbom')?.signedAt).toBeUndefined()
    expect(facts.rejected).toMatchObject([{ code: 'key-unknown' }])
  })
})
