import { readFile } from 'node:fs/promises'
import { httpMirror, type LastSeen, type PatchResult, patchImage } from '@sallyport/harden/patch'
import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import type { Finding } from '@sallyport/scan'

/** Takes what repairs findings of a scan from two suites of a mirror. */
export async function patch(
  image: Image,
  inventory: Inventory,
  mirror: string,
  { findings, lastSeen }: { readonly findings: readonly Finding[]; readonly lastSeen: LastSeen },
): Promise<PatchResult> {
  const keyring = await readFile('archive-key.asc')
  const suite = (path: string, name: string) =>
    ({
      type: 'deb',
      mirror: httpMirror(`${mirror}/${path}`),
      suite: name,
      components: ['main'],
      keyring,
    }) as const
  return patchImage(image, inventory, {
    sources: [suite('debian', 'bookworm'), suite('debian-security', 'bookworm-security')],
    findings, // without them: everything that has a newer version
    lastSeen, // `report.lastSeen` of the last time: older indexes are refused
  })
}
