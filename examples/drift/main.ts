// Runs the code of docs/guides/drift.md against a registry in this process.
import { strict as assert } from 'node:assert'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import {
  attachAttestation,
  attachSignature,
  createStatement,
  generateSigningKey,
  keySigner,
  predicateKinds,
} from '@sallyport/attest'
import { digestOf } from '@sallyport/core'
import { createTarWriter, listFiles, openImage } from '@sallyport/image'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { explainDrift } from '@sallyport/runtime'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { checkGuide } from '../checks/check-guide.ts'
import { checkLinks } from '../checks/check-links.ts'
import { checkNames, readUnion } from '../checks/check-names.ts'
import { checkExport } from './guide/check-export.ts'
import { checkUpper } from './guide/check-upper.ts'
import { main as checkOnce } from './guide/drift-check.ts'
import { findProcess, listContainers } from './guide/list-containers.ts'
import { readImage } from './guide/read-image.ts'
import { watchNode } from './guide/watch.ts'
import { checkContainer } from './readme/check-container.ts'

const guide = join(import.meta.dirname, '..', '..', 'docs', 'guides', 'drift.md')
await checkGuide(guide, join(import.meta.dirname, 'guide'))
await checkGuide(guide, join(import.meta.dirname, 'documents'), ['yaml'])
await checkLinks(guide)
const source = join(import.meta.dirname, '..', '..', 'packages', 'runtime')
const readme = join(source, 'README.md')
await checkGuide(readme, join(import.meta.dirname, 'readme'))
await checkLinks(readme)
await checkNames(readme, Object.keys(await import('@sallyport/runtime')))
await checkNames(readme, await readUnion(join(source, 'src', 'errors.ts'), 'RuntimeErrorCode'))

const folder = await mkdtemp(join(tmpdir(), 'sallyport-drift-'))
const back = process.cwd()
process.chdir(folder)
const registry = await startRegistry()
const client = createRegistryClient()
try {
  // What a gate leaves behind: the image, the list of its files, and the decision.
  const name = `${registry.host}/prod/app`
  const repository = client.repository(parseReference(`${name}:1`))
  const app = { content: '#!/bin/sh\necho hello\n', mode: 0o755 }
  const image = createImage({
    layers: [{ files: { '/app': app, '/etc/passwd': 'root:x:0:0::/:/bin/sh\n' } }],
  })
  await pushImage(repository, image, '1')
  const { descriptor } = image.raw
  const { evidence, release } = { evidence: generateSigningKey(), release: generateSigningKey() }
  await writeFile('evidence.pub', evidence.publicKey)
  await writeFile('release.pub', release.publicKey)
  const attach = (type: string, predicate: unknown, { privateKey }: typeof evidence) =>
    attachAttestation(
      repository,
      descriptor,
      createStatement([{ digest: descriptor.digest }], type, predicate),
      keySigner(privateKey),
      { settleMs: 0 },
    )
  {
    await using opened = await openImage(image, image.raw, { directory: folder })
    const files = await Array.fromAsync(listFiles(opened))
    const config = opened.manifest.config.digest
    const list = predicateKinds.fileManifest.build({ platform: 'linux/amd64', config, files })
    await attach(predicateKinds.fileManifest.type, list, evidence)
  }
  await attach(
    predicateKinds.vsa.type,
    predicateKinds.vsa.build({
      verifier: { id: 'https://sallyport.dev/gate/prod' },
      timeVerified: new Date(),
      resourceUri: `pkg:oci/app?repository_url=${encodeURIComponent(name)}`,
      policy: { uri: 'gate.yaml', digest: digestOf('policy') },
      result: 'PASSED',
      verifiedLevels: ['SLSA_BUILD_LEVEL_1'],
    }),
    release,
  )

  if (process.arch === 'x64') {
    const baseline = await readImage(name, descriptor.digest)
    assert.equal(baseline.image, descriptor.digest)
    for (const [file, content, verdict] of [
      ['clean.tar', app.content, 'clean'],
      ['drifted.tar', '#!/bin/sh\necho evil\n', 'drifted'],
    ] as const) {
      const tar = createTarWriter()
      tar.add({ type: 'directory', path: 'etc/', mode: 0o755 })
      tar.add({ type: 'file', path: 'etc/passwd', data: 'root:x:0:0::/:/bin/sh\n' })
      tar.add({ type: 'file', path: 'app', data: content, mode: 0o755 })
      await writeFile(file, tar.finish())
      const report = await checkExport(file, baseline)
      process.stdout.write(explainDrift(report))
      assert.equal(report.verdict, verdict)
    }
    // The README: without the signature that it asks for nothing is believed, and with it a process is looked for.
    const gone = 2 ** 22 + 1
    const exact = `${name}@${descriptor.digest}`
    await assert.rejects(checkContainer(gone, exact), { code: 'BASELINE_INVALID' })
    await attachSignature(repository, descriptor, keySigner(release.privateKey), { settleMs: 0 })
    await assert.rejects(checkContainer(gone, exact), { code: 'CONTAINER_UNAVAILABLE' })
    // Nothing is asked of a process that is not there.
    await assert.rejects(checkUpper(gone, baseline))
  }

  const id = 'ab'.repeat(32)
  const status = { name: 'app', containerID: `containerd://${id}`, imageID: `${name}@${descriptor.digest}` }
  const pod = {
    metadata: { namespace: 'default', name: 'app-1' },
    spec: {
      initContainers: [{ name: 'side', volumeMounts: [{ mountPath: '/side' }] }],
      containers: [
        { name: 'app', volumeMounts: [{ mountPath: '/data' }, { mountPath: '/etc/x', readOnly: true }] },
      ],
    },
    status: {
      containerStatuses: [
        { ...status, state: { running: {} } },
        { ...status, state: { waiting: {} } },
      ],
      initContainerStatuses: [{ ...status, name: 'side', state: { running: {} } }],
    },
  }
  const containers = listContainers({ items: [pod] })
  assert.deepEqual(
    containers.map(({ name: of, id: found, writable }) => [of, found, writable]),
    [
      ['default/app-1/app', id, ['/data']],
      ['default/app-1/side', id, ['/side']],
    ],
  )
  assert.equal(await findProcess(id), undefined)
  // It is said to run here, and does not: that is not clean.
  let printed = ''
  const isClean = await watchNode({
    readPods: async () => ({ items: [pod] }),
    print: (text) => void (printed += text),
    signal: new AbortController().signal,
  })
  assert.equal(isClean, false)
  assert.match(printed, /unknown: default\/app-1\/app: /)
  await assert.rejects(checkOnce(), { code: 'ENOENT' })
} finally {
  process.chdir(back)
  await client.close()
  await registry.close()
  await rm(folder, { recursive: true, force: true })
}
