import { digestOf } from '@sallyport/core'
import type { Finding } from '@sallyport/scan'
import { PackageURL } from 'packageurl-js'
import type { WaiverTerms } from '../document/tier.ts'
import { openWaivers, type OpenWaiversOptions } from './open-waivers.ts'
import type { Waiver } from './waiver.ts'

const day = 86_400_000

/** Terms that let every waiver apply. */
const openTerms: WaiverTerms = { allowed: true, nearExpiryMs: 14 * day, approverRequired: false }

export const now = new Date('2026-11-26T12:00:00Z')

/** A finding about the package that a purl names; with a text that is none, about one of that name. */
export function findingOf(
  id: string,
  purl: string,
  { sourceName, sourceVersion, ...rest }: Partial<Finding & Finding['package']> = {},
): Finding {
  let parsed: Partial<PackageURL> = { type: 'deb', name: purl, version: '1' }
  try {
    parsed = PackageURL.fromString(purl)
  } catch {
    // what a scanner names without a purl
  }
  const { type = '', name = '', version = '' } = parsed as { type?: string; name?: string; version?: string }
  return {
    id,
    aliases: [],
    package: { purl, type, name, version, sourceName, sourceVersion },
    severity: 'high',
    ratings: [],
    fix: { state: 'not-fixed', versions: [] },
    scanners: ['sallyport'],
    ...rest,
  }
}

/** Id of the finding that tests share. */
export const cve = 'CVE-2023-45853'

export const zlibFinding: Finding = findingOf(
  cve,
  'pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=amd64&distro=debian-12',
  { sourceName: 'zlib', sourceVersion: '1:1.2.13.dfsg-1' },
)

/** A waiver for all of an image line. */
export function waiverOf(id: string, vulnerability: string, rest: Partial<Waiver> = {}): Waiver {
  const expires = rest.expires ?? '2027-01-01T00:00:00.000Z'
  return {
    id,
    vulnerability,
    scope: { repository: 'prod.example/app' },
    reason: 'not reachable',
    owner: 'platform',
    expires,
    expiresText: expires,
    ...rest,
  }
}

/** The setting that tests share. */
export const setting: OpenWaiversOptions = {
  tier: { name: 'prod', waivers: openTerms },
  now,
  image: { digests: [], repository: 'prod.example/app' },
}

/** A book of one file. */
export const openBook = (waivers: readonly Waiver[], options: Partial<OpenWaiversOptions> = {}) =>
  openWaivers([{ source: 'waivers.yaml', digest: digestOf('waivers'), waivers }], { ...setting, ...options })

export const inTerms = (terms: Partial<WaiverTerms>): Pick<OpenWaiversOptions, 'tier'> => ({
  tier: { name: 'prod', waivers: { ...openTerms, ...terms } },
})

/** What one waiver does to one finding, and its state. */
export const judge = (
  waiver: Waiver,
  found: Finding = zlibFinding,
  options: Partial<OpenWaiversOptions> = {},
) => {
  const book = openBook([waiver], options)
  const match = book.match(found)
  return { waived: match.waivedBy === waiver.id, why: match.nearMiss?.why, state: book.states()[0] }
}
