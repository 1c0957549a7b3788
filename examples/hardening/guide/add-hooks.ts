import { readFile } from 'node:fs/promises'
import { findWorkloadCommands } from '@sallyport/harden/kubernetes'
import type { Image } from '@sallyport/image'

/** What a manifest runs in an image besides its entry point, for `commands`. `repository`: without tag or digest. */
export async function addHooks(
  image: Image,
  file: string,
  repository: string,
): Promise<readonly (readonly string[])[]> {
  const found = findWorkloadCommands(await readFile(file, 'utf8'), image, { image: repository })
  for (const { source, words } of found) console.log(`${source}: ${words.join(' ')}`)
  return found.map(({ words }) => words)
}
