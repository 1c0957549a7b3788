import { openImage } from '@sallyport/image'
import { createInventory, distroSupportState } from '@sallyport/inventory'
import type { Repository } from '@sallyport/oci'

/** What an image holds, and what could not be seen, in lines for a log. */
export async function listPackages(repository: Repository, reference: string): Promise<readonly string[]> {
  await using image = await openImage(repository, await repository.getManifest(reference))
  const { distro, packages, gaps } = await createInventory(image)
  const support = distro && distroSupportState(distro, new Date())
  return [
    distro ? `${distro.prettyName ?? distro.id}, security updates: ${support}` : 'no distribution',
    ...packages.map(({ purl, evidence, files }) => `${purl} by ${evidence.path}, ${files.length} files`),
    ...gaps.map(({ code, message }) => `not seen: ${code}: ${message}`),
  ]
}
