import type { RawManifest } from '@sallyport/core'
import { parseManifest, type Repository } from '@sallyport/oci'

/** The configuration of an image: its entry point, environment, history. */
export async function readConfig(repository: Repository, image: RawManifest): Promise<unknown> {
  const { config } = parseManifest(image)
  if (config.size > 4 * 1024 * 1024) throw new Error(`${config.digest} is too large for a configuration`)
  const parts = await Array.fromAsync(repository.open(config))
  return JSON.parse(Buffer.concat(parts).toString('utf8'))
}
