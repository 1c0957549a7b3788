import type { Finding } from '@sallyport/scan'
import { PackageURL } from 'packageurl-js'
import type { WaiverTerms } from '../document/tier.ts'
import type { OpenWaiversOptions } from './open-waivers.ts'
import type { Waiver } from './waiver.ts'

const day = 86_400_000

/** Terms that let every waiver apply. */
export const openTerms: WaiverTerms = { allowed: true, nearExpiryMs: 14 * day, approverRequired: false }

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
