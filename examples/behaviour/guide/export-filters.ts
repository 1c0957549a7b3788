import { writeFile } from 'node:fs/promises'
import type { Image } from '@sallyport/image'
import {
  type ApprovedProfile,
  exportAppArmorProfile,
  exportSeccompProfile,
} from '@sallyport/runtime/behaviour'

/** Writes what the kernel can hold a container to. */
export async function exportFilters(profile: ApprovedProfile, image: Image): Promise<void> {
  const seccomp = exportSeccompProfile(profile, { architectures: ['amd64'], saturation: { quietEvents: 20 } })
  await writeFile('cart.seccomp.json', JSON.stringify(seccomp, undefined, 2))
  const text = exportAppArmorProfile(profile, {
    name: 'cart',
    complain: true,
    capabilities: ['CAP_NET_BIND_SERVICE'],
    resolve: (path) => image.tree.resolve(path)?.path,
  })
  await writeFile('cart.apparmor', text)
}
