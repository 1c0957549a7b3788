import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Inventory, isJudgedByOwner } from '@sallyport/inventory'
import type { ScanGap, ScanReport } from '../scan-report.ts'

/** What the inventory could not see, for scanners that look at nothing else. */
export function gapsOfInventory({ gaps }: Inventory): readonly ScanGap[] {
  return gaps.map(({ code, message, path }) => ({
    code: 'INVENTORY_GAP',
    message: `${code}${path === undefined ? '' : ` at ${path}`}: ${message}`.slice(0, 500),
  }))
}

/** Adds gaps to a report; one with gaps is not complete. */
export function addGaps(report: ScanReport, gaps: readonly ScanGap[]): ScanReport {
  if (gaps.length === 0) return report
  const status = report.status === 'complete' ? 'partial' : report.status
  return { ...report, status, gaps: [...report.gaps, ...gaps] }
}

/**
 * Writes an inventory as CycloneDX for a scanner that reads SBOMs; returns the path. Language packages that belong to a
 * system package are left out: the distribution's advisories judge them, and scanners of images leave them out too.
 */
export async function writeSbom(inventory: Inventory, directory: string): Promise<string> {
  const path = join(directory, 'sbom.cdx.json')
  const packages = inventory.packages.filter((found) => !isJudgedByOwner(found))
  const { toCycloneDx } = await import('@sallyport/inventory/sbom')
  const document = toCycloneDx(
    { ...inventory, packages },
    // nothing of the run, so that a scanner is given the same bytes each time
    { name: 'image', timestamp: new Date(0), tool: { name: 'sallyport', version: '1' } },
  )
  await writeFile(path, document)
  return path
}
