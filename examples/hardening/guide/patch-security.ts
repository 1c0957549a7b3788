import { readFile } from 'node:fs/promises'
import { folderMirror, type LastSeen, patchImage, type PatchResult } from '@sallyport/harden/patch'
import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import type { Finding } from '@sallyport/scan'

/** Takes repaired versions from a mirror in a folder; `httpMirror(url)` reads one that is served. */
export async function patchSecurity(
  image: Image,
  inventory: Inventory,
  findings: readonly Finding[],
  lastSeen: LastSeen,
): Promise<PatchResult> {
  const result = await patchImage(image, inventory, {
    sources: [
      {
        type: 'deb',
        mirror: folderMirror('mirror'),
        suite: 'bookworm-security',
        components: ['main'],
        keyring: await readFile('archive-key.asc', 'utf8'),
      },
    ],
    findings,
    lastSeen,
  })
  for (const { name, version, state, available, reason } of result.report.packages)
    console.log(`${name} ${version}: ${state}`, available ?? '', reason ?? '')
  return result
}
