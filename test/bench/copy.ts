import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Descriptor, type Digest, mediaTypes } from '@sallyport/core'
import { copyImage, createRegistryClient, parseReference, toRawManifest } from '@sallyport/oci'
import { type RunningRegistry, startDockerRegistry, toolPath } from '@sallyport/test-tools'
import { type BenchRow, compareSeconds, type Contender } from './compare.ts'

const execute = promisify(execFile)
const layerCount = 8
const layerBytes = 32 * 1024 * 1024

/** Copies an image of 8 layers of 32 MiB from one docker-registry to another, beside skopeo and crane. */
export async function benchCopy(): Promise<readonly BenchRow[]> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  try {
    await using source = await startDockerRegistry({ directory: join(directory, 'source') })
    await using client = createRegistryClient()
    const from = client.repository(parseReference(`${source.host}/bench/image:1`))

    const layers: Descriptor[] = []
    for (let index = 0; index < layerCount; index++) {
      const bytes = randomBytes(layerBytes)
      const layer = describe(bytes, mediaTypes.ociLayer)
      await from.write(layer, once(bytes))
      layers.push(layer)
    }
    const configBytes = Buffer.from(
      JSON.stringify({
        os: 'linux',
        architecture: 'amd64',
        rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
      }),
    )
    const config = describe(configBytes, mediaTypes.ociConfig)
    await from.write(config, once(configBytes))
    const image = toRawManifest(
      Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers })),
      { mediaType: mediaTypes.ociManifest },
    )
    await from.putManifest(image, { tag: '1' })

    const tool = (name: string, args: (target: string) => string[]): Contender<RunningRegistry> => {
      const command = toolPath(name)
      return command === undefined ? undefined : async ({ host }) => void (await execute(command, args(host)))
    }
    const row = await compareSeconds(
      async ({ host }) => {
        const to = client.repository(parseReference(`${host}/bench/copy:1`))
        await copyImage(from, to, image.descriptor)
        await to.putManifest(image, { tag: '1' })
      },
      {
        skopeo: tool('skopeo', (host) => [
          'copy',
          '--src-tls-verify=false',
          '--dest-tls-verify=false',
          `docker://${source.host}/bench/image:1`,
          `docker://${host}/bench/copy:1`,
        ]),
        crane: tool('crane', (host) => [
          'copy',
          '--insecure',
          `${source.host}/bench/image:1`,
          `${host}/bench/copy:1`,
        ]),
      },
      {
        title: '8 layers of 32 MiB, new at the target',
        rounds: 5,
        maxRatio: 1,
        setUp: async () => startDockerRegistry({ directory: await mkdtemp(join(directory, 'target-')) }),
      },
    )
    return [row]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function describe(bytes: Uint8Array, mediaType: string): Descriptor {
  const digest: Digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  return { mediaType, digest, size: bytes.byteLength }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
