import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { attachAttestation, attachSignature, createStatement, predicateTypes } from '@sallyport/attest'
import { type Digest, digestOf } from '@sallyport/core'
import { parseReference, type RegistryClient, type Repository } from '@sallyport/oci'
import { createImage, createImageIndex, type GeneratedImage, pushImage } from '@sallyport/testkit'
import { addBundles } from './guide/add-bundles.ts'
import { attestDecision } from './guide/attest-decision.ts'
import { attestSbom } from './guide/attest-sbom.ts'
import { chooseServices } from './guide/choose-services.ts'
import { generateKeys } from './guide/generate-keys.ts'
import { openKey } from './guide/open-key.ts'
import { signAnew } from './guide/sign-anew.ts'
import { signImage } from './guide/sign-image.ts'
import { signKeyless } from './guide/sign-keyless.ts'
import { signWithService } from './guide/sign-with-service.ts'
import { signWithTime } from './guide/sign-with-time.ts'
import { writeBundle } from './guide/write-bundle.ts'
import type { SampleServices } from './sample-services.ts'

/** Images that are signed in different ways (`theirs` is not); each is in `team/<name>`, tagged `1.4`. */
export const sampleNames = [
  'app',
  'theirs',
  'keyless',
  'logged',
  'service',
  'rotated',
  'timed',
  'moved',
] as const

/** What the code of the guide wrote. */
export interface Samples {
  readonly digest: Digest
  repository(name: (typeof sampleNames)[number]): Repository
}

/** Where to write. */
export interface SampleTarget {
  readonly client: RegistryClient
  /** A registry without images. */
  readonly host: string
  /** An empty folder for keys and other files. */
  readonly folder: string
  readonly services: SampleServices
}

/** Runs the code of the guide that writes: keys and files into a folder, signatures and attestations into a registry. */
export async function writeSamples({ client, host, folder, services }: SampleTarget): Promise<Samples> {
  const file = (name: string): string => join(folder, name)
  const { sigstore, environment } = services
  const index = createIndex()
  const image = index.raw.descriptor
  const repository = (name: string): Repository => client.repository(parseReference(`${host}/team/${name}`))
  for (const name of sampleNames) await pushImage(repository(name), index, '1.4')

  await generateKeys(file('release'), environment['COSIGN_PASSWORD'] ?? '')
  await generateKeys(file('old'), environment['COSIGN_PASSWORD'] ?? '')
  const release = await openKey(file('release.key'))
  const old = await openKey(file('old.key'))

  await signImage(client, `${host}/team/app:1.4`, release)
  await writeFile(file('sbom.cdx.json'), JSON.stringify(describe(image.digest)))
  await attestSbom(repository('app'), image, file('sbom.cdx.json'), release)
  await attestDecision(repository('app'), image, digestOf('the policy'), release)

  await writeFile(file('trusted-root.json'), JSON.stringify(sigstore.trustedRoot))
  await writeFile(file('root.json'), sigstore.tuf.root)
  await writeFile(file('signing-config.json'), JSON.stringify(sigstore.signingConfig))
  await signKeyless(repository('keyless'), image, file('signing-config.json'))
  const { signer, witnesses } = chooseServices({
    fulcio: sigstore.fulcioUrl,
    rekor: sigstore.rekorV1Url,
    timestamps: sigstore.timestampUrl,
  })
  await attachSignature(repository('logged'), image, signer, { witnesses })

  await signWithService(repository('service'), image, 'hashivault://release')

  await signImage(client, `${host}/team/rotated:1.4`, old)
  await signAnew(repository('rotated'), '1.4', await readFile(file('old.pub'), 'utf8'), release)
  await signWithTime(repository('timed'), image, release, sigstore.timestampUrl)

  const statement = createStatement([image], predicateTypes.cyclonedx, describe(image.digest))
  await attachSignature(repository('moved'), image, release, { mode: 'legacy' })
  await attachAttestation(repository('moved'), image, statement, release, { mode: 'legacy' })
  await addBundles(repository('moved'), image, release)

  const check = { passed: true }
  await writeBundle(file('check'), image.digest, 'https://gate.example/check/v1', check, release)
  return { digest: image.digest, repository }
}

function createIndex(): GeneratedImage {
  const app = (platform: string): GeneratedImage =>
    createImage({
      platform,
      layers: [{ files: { app: `for ${platform}` } }],
      config: { Entrypoint: ['/app'] },
    })
  return createImageIndex({ 'linux/amd64': app('linux/amd64'), 'linux/arm64': app('linux/arm64') })
}

/** A small CycloneDX document about an image. */
function describe(digest: Digest): unknown {
  const [, hex = ''] = digest.split(':')
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: { type: 'container', name: 'app', hashes: [{ alg: 'SHA-256', content: hex }] },
    },
    components: [{ type: 'library', name: 'tzdata', version: '2026a', purl: 'pkg:deb/debian/tzdata@2026a' }],
  }
}
