import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as inventory from '@sallyport/inventory'
import * as distro from '@sallyport/inventory/distro'
import * as sbom from '@sallyport/inventory/sbom'
import * as scan from '@sallyport/scan'
import * as compare from '@sallyport/scan/compare'
import * as database from '@sallyport/scan/database'
import * as findings from '@sallyport/scan/findings'
import * as grype from '@sallyport/scan/grype'
import * as harbor from '@sallyport/scan/harbor'
import * as osvScanner from '@sallyport/scan/osv-scanner'
import * as ignore from '@sallyport/scan/ignore'
import * as report from '@sallyport/scan/report'
import * as sources from '@sallyport/scan/sources'
import * as trivy from '@sallyport/scan/trivy'
import { checkGuide } from '../checks/check-guide.ts'
import { checkLinks } from '../checks/check-links.ts'
import { checkNames, readUnion } from '../checks/check-names.ts'

const here = import.meta.dirname
const root = join(here, '..', '..')

/** All entry points of the packages; a new one without a row here fails {@link checkPackage}. */
const packages = {
  inventory: {
    entries: { '.': inventory, './distro': distro, './sbom': sbom },
    unions: [
      ['errors.ts', 'InventoryErrorCode'],
      ['inventory.ts', 'InventoryGap.code'],
      ['inventory.ts', 'PackageType'],
      ['distro/distro-support.ts', 'DistroSupportState'],
    ],
  },
  scan: {
    entries: {
      '.': scan,
      './compare': compare,
      './database': database,
      './findings': findings,
      './grype': grype,
      './harbor': harbor,
      './ignore': ignore,
      './osv-scanner': osvScanner,
      './report': report,
      './sources': sources,
      './trivy': trivy,
    },
    unions: [
      ['errors.ts', 'ScanErrorCode'],
      ['scan-report.ts', 'ScanGap.code'],
      ['scan-report.ts', 'ScanStatus'],
      ['finding.ts', 'FixState'],
    ],
  },
} as const

/** Fails unless the guides and READMEs show what is run, name all that there is, and lead somewhere. */
export async function checkDocuments(): Promise<void> {
  const guide = join(root, 'docs', 'guides', 'scanning.md')
  await checkGuide(guide, join(here, 'guide'))
  await checkLinks(guide)
  await checkPackage('inventory', guide)
  await checkPackage('scan', guide)
}

async function checkPackage(name: keyof typeof packages, guide: string): Promise<void> {
  const folder = join(root, 'packages', name)
  const readme = join(folder, 'README.md')
  await checkGuide(readme, join(here, `readme-${name}`))
  await checkLinks(readme)
  const { dependencies, exports } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    readonly dependencies: object
    readonly exports: object
  }
  const { entries, unions } = packages[name]
  const unchecked = Object.keys(exports).filter((entry) => entry !== './package.json' && !(entry in entries))
  if (unchecked.length > 0) throw new Error(`nothing checks the names of ${name} ${unchecked.join(', ')}`)
  await checkNames(
    [readme, guide],
    Object.values(entries).flatMap((entry) => Object.keys(entry)),
  )
  for (const [file, union] of unions)
    await checkNames(readme, await readUnion(join(folder, 'src', file), union))
  await checkNames(readme, Object.keys(dependencies))
}
