import process from 'node:process'
import {
  createRegistryClient,
  dockerConfigCredentials,
  fallbackTag,
  type RegistryClient,
} from '@sallyport/oci'
import {
  createImage,
  createImageIndex,
  type GeneratedImage,
  pushImage,
  startRegistry,
  type TestRegistry,
} from '@sallyport/testkit'

/** Two registries that want a sign-in, which `DOCKER_AUTH_CONFIG` holds; the first one has an image. */
export interface SampleRegistries extends AsyncDisposable {
  /** `team/app:1.4` has two platforms and a signature of cosign. */
  readonly build: TestRegistry
  /** Has no referrers API, and takes indexes whose images are not all there. */
  readonly production: TestRegistry
  readonly image: GeneratedImage
  /** For what the examples don't do themselves. */
  readonly client: RegistryClient
}

/** Starts the registries that the examples run against. */
export async function startSampleRegistries(): Promise<SampleRegistries> {
  const user = { username: 'ci', password: 'a password of the example' }
  const auth = { scheme: 'token', users: [user] } as const
  const build = await startRegistry({ auth })
  const production = await startRegistry({ auth, quirks: { referrersApi: false, checksChildren: false } })
  const entry = { auth: Buffer.from(`${user.username}:${user.password}`).toString('base64') }
  process.env['DOCKER_AUTH_CONFIG'] = JSON.stringify({
    auths: { [build.host]: entry, [production.host]: entry },
  })
  const client = createRegistryClient({ credentials: dockerConfigCredentials(), settleMs: 1 })

  const app = (platform: string): GeneratedImage =>
    createImage({
      platform,
      layers: [{ files: { 'etc/platform': platform } }, { files: { app: 'x'.repeat(10_000) } }],
      config: { Entrypoint: ['/app'] },
    })
  const image = createImageIndex({ 'linux/amd64': app('linux/amd64'), 'linux/arm64': app('linux/arm64') })
  const source = client.repository({ registry: build.host, repository: 'team/app' })
  await pushImage(source, image, '1.4')
  const signature = createImage({ layers: [{ files: { signature: 'of cosign' } }] })
  await pushImage(source, signature, `${fallbackTag(image.raw.descriptor.digest)}.sig`)

  return {
    build,
    production,
    image,
    client,
    async [Symbol.asyncDispose]() {
      delete process.env['DOCKER_AUTH_CONFIG']
      await client.close()
      await build.close()
      await production.close()
    },
  }
}
