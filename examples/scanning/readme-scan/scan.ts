import { readFile } from 'node:fs/promises'
import { openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import type { Repository } from '@sallyport/oci'
import { builtinScanner, type MergedScan, parseAdvisories, runScanners } from '@sallyport/scan'
import { trivyScanner, type TrivyScannerOptions } from '@sallyport/scan/trivy'

/** Scans an image with the built-in matcher and with Trivy. */
export async function scan(
  repository: Repository,
  reference: string,
  options: TrivyScannerOptions,
): Promise<MergedScan> {
  await using image = await openImage(repository, await repository.getManifest(reference))
  const inventory = await createInventory(image)
  const { subject, platform } = inventory
  const target = { subject, platform, inventory, layoutDirectory: image.layoutDirectory }
  const advisories = parseAdvisories(await readFile('advisories.json'), { source: 'advisories.json' })
  const scan = await runScanners([builtinScanner({ advisories }), trivyScanner(options)], target)
  for (const { scanner, status, gaps } of scan.reports) console.log(scanner.name, status, gaps)
  for (const { id, severity, package: pkg, fix } of scan.findings) {
    console.log(id, severity, pkg.purl, fix.state, fix.suggested)
  }
  return scan
}
