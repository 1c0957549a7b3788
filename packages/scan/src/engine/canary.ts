import type { Digest } from '@sallyport/core'
import type { Inventory, Package } from '@sallyport/inventory'
import { PackageURL } from 'packageurl-js'
import { ScanError } from '../errors.ts'
import type { ScanReport } from '../scan-report.ts'
import { type WrittenLayout, writeLayout } from './write-layout.ts'

/** A package that a scanner must call vulnerable: a scanner that does not is not understood, or has no data. */
export interface Canary {
  /**
   * `pkg:deb/debian/…@…?distro=debian-12` (all of one release), `pkg:npm/…@…` or `pkg:pypi/…@…`.
   */
  readonly purl: string
  /** Ids of which the scanner must name one, as id or alias. */
  readonly expect: readonly string[]
}

/** Old packages of several ecosystems with vulnerabilities that every database knows of. */
export const defaultCanaries: readonly Canary[] = [
  { purl: 'pkg:deb/debian/openssl@3.0.9-1?arch=amd64&distro=debian-12', expect: ['CVE-2023-5363'] },
  { purl: 'pkg:npm/lodash@4.17.4', expect: ['CVE-2019-10744', 'GHSA-jf85-cpcp-j695'] },
  { purl: 'pkg:pypi/pyyaml@5.1', expect: ['CVE-2020-14343', 'GHSA-8q59-q68h-6hv4'] },
]

/** An image made of canaries, with its inventory. */
export interface CanaryImage {
  readonly layout: WrittenLayout
  readonly inventory: Inventory
}

/**
 * Writes an image that holds the canaries and nothing else.
 *
 * @throws {ScanError} `OPTIONS_INVALID` when there is no canary, or one that can't be put into an image.
 */
export async function writeCanaryImage(
  directory: string,
  canaries: readonly Canary[],
  scanner: string,
): Promise<CanaryImage> {
  if (canaries.length === 0) throw new ScanError('OPTIONS_INVALID', 'no canary', { scanner })
  const files: Record<string, string> = {}
  const packages: Omit<Package, 'evidence' | 'files'>[] = []
  let status = ''
  let release: string | undefined
  for (const { purl } of canaries) {
    const { type, namespace, name, version = '', qualifiers } = parsePurl(purl, scanner)
    if (type === 'deb' && namespace === 'debian') {
      release = /^debian-(\d+)$/.exec(qualifiers?.['distro'] ?? '')?.[1] ?? '12'
      const arch = qualifiers?.['arch'] ?? 'amd64'
      status += `Package: ${name}\nStatus: install ok installed\nMaintainer: nobody\nArchitecture: ${arch}\nVersion: ${version}\nDescription: canary\n\n`
      packages.push({ type, name, version, arch, purl, source: { name, version } })
    } else if (type === 'npm') {
      const full = namespace ? `${namespace}/${name}` : name
      files[`usr/lib/node_modules/${full}/package.json`] = JSON.stringify({ name: full, version })
      packages.push({ type, name: full, version, purl })
    } else if (type === 'pypi') {
      files[`usr/lib/python3/dist-packages/${name}-${version}.dist-info/METADATA`] =
        `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`
      packages.push({ type, name, version, purl })
    } else {
      throw new ScanError('OPTIONS_INVALID', `not a canary that can be planted: ${purl.slice(0, 200)}`, {
        scanner,
      })
    }
  }
  if (release !== undefined) {
    files['etc/os-release'] =
      `ID=debian\nVERSION_ID="${release}"\nPRETTY_NAME="Debian GNU/Linux ${release}"\n`
    files['etc/debian_version'] = `${release}.0\n`
    files['var/lib/dpkg/status'] = status
  }
  const layout = await writeLayout(directory, [files])
  const diffId = layout.diffIds[0] as Digest
  return {
    layout,
    inventory: {
      subject: layout.subject,
      platform: { os: 'linux', architecture: 'amd64' },
      distro: release === undefined ? undefined : { id: 'debian', versionId: release, idLike: [] },
      packages: packages.map((pkg) => ({
        ...pkg,
        files: [],
        evidence: { path: '/canary', layer: 0, diffId, method: 'canary' },
      })),
      gaps: [],
    },
  }
}

/**
 * Demands that a report on the canary image names one of the canaries with one of its ids.
 *
 * @throws {ScanError} `CANARY_MISSED`.
 */
export function checkCanaries(report: ScanReport, canaries: readonly Canary[], scanner: string): void {
  const hit = report.findings.some(({ id, aliases, package: pkg }) =>
    canaries.some(
      ({ purl, expect }) =>
        pkg.name.toLowerCase() === parsePurl(purl, scanner).name.toLowerCase() &&
        [id, ...aliases].some((each) => expect.includes(each)),
    ),
  )
  if (hit) return
  const wanted = canaries.map(({ purl, expect }) => `${expect.join(' or ')} in ${purl}`).join(', ')
  throw new ScanError(
    'CANARY_MISSED',
    `${scanner} found none of the vulnerabilities that any database knows (${wanted.slice(0, 600)}): its data is incomplete, or its answers mean nothing`,
    { scanner },
  )
}

function parsePurl(purl: string, scanner: string): PackageURL {
  try {
    return PackageURL.fromString(purl)
  } catch (cause) {
    throw new ScanError('OPTIONS_INVALID', `not a purl: ${JSON.stringify(purl.slice(0, 200))}`, {
      cause,
      scanner,
    })
  }
}
