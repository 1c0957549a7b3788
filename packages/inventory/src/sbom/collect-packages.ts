import { PackageURL } from 'packageurl-js'
import { InventoryError } from '../errors.ts'
import { maxSbomWarnings } from '../internal/limits.ts'
import { quote } from '../internal/quote.ts'
import type { PackageChecksum } from '../inventory.ts'
import type { SbomPackage, SbomWarning } from './sbom.ts'

/** A package as a document gives it. */
export type FoundPackage = Omit<SbomPackage, 'ref' | 'type' | 'dependsOn'> & {
  readonly ref?: string | undefined
}

/** Gathers the packages of one document, whatever its form, and what is wrong with them. */
export interface PackageCollector {
  /** @throws {InventoryError} `LIMIT_EXCEEDED`. */
  add(found: FoundPackage): void
  /** Notes that one ref depends on another. Either may be something that is no package. */
  depend(from: string, on: string): void
  /** @param others refs of what the document lists besides packages. */
  finish(others: ReadonlySet<string>): { packages: readonly SbomPackage[]; warnings: readonly SbomWarning[] }
}

/** Makes a collector that takes `maxPackages` packages. */
export function collectPackages(maxPackages: number): PackageCollector {
  const packages: (Omit<SbomPackage, 'dependsOn'> & { readonly inGraph: boolean })[] = []
  const refs = new Set<string>()
  const needs = new Map<string, Set<string>>()
  const warnings: SbomWarning[] = []
  let more = 0
  const warn = (code: SbomWarning['code'], message: string) => {
    if (warnings.length < maxSbomWarnings) warnings.push({ code, message })
    else more++
  }

  return {
    add(found) {
      if (packages.length >= maxPackages) {
        throw new InventoryError('LIMIT_EXCEEDED', `more than ${maxPackages} packages in the SBOM`)
      }
      const ref = found.ref ?? `unnamed-${packages.length + 1}`
      const title = quote(found.name)
      const inGraph = !refs.has(ref)
      if (!inGraph) warn('DUPLICATE_REF', `${title}: another package has the reference ${quote(ref)} too`)
      refs.add(ref)
      const type = found.purl === undefined ? undefined : typeOf(found.purl)
      if (found.purl === undefined) warn('PURL_MISSING', `${title} has no purl`)
      else if (type === undefined) warn('PURL_INVALID', `${title}: ${quote(found.purl)} is no purl`)
      packages.push({ ...found, ref, inGraph, type, purl: type === undefined ? undefined : found.purl })
    },
    depend(from, on) {
      const known = needs.get(from)
      if (known) known.add(on)
      else needs.set(from, new Set([on]))
    },
    finish(others) {
      for (const [from, targets] of needs) {
        for (const on of targets) {
          if (!refs.has(on) && !others.has(on)) {
            warn('DANGLING_REF', `${quote(from)} depends on ${quote(on)}, which is not listed`)
          }
        }
      }
      if (more > 0) {
        warnings.push({
          code: 'MORE_WARNINGS',
          message: `${more} more warnings that are not told one by one`,
        })
      }
      return {
        packages: packages.map(({ inGraph, ...found }) => ({
          ...found,
          dependsOn: inGraph ? [...(needs.get(found.ref) ?? [])].filter((on) => refs.has(on)).sort() : [],
        })),
        warnings,
      }
    },
  }
}

function typeOf(purl: string): string | undefined {
  try {
    return PackageURL.fromString(purl).type
  } catch {
    return undefined
  }
}

/** A checksum in our words; `undefined` for an algorithm that an inventory does not use. */
export function toChecksum(algorithm: string, value: string): PackageChecksum | undefined {
  const name = algorithm.toLowerCase().replace('-', '')
  return name === 'md5' || name === 'sha1' || name === 'sha256' || name === 'sha512'
    ? { algorithm: name, value: value.toLowerCase() }
    : undefined
}

/** The distribution that the purls of system packages name by their qualifier, where all name the same. */
export function distroOfPurls(
  packages: readonly SbomPackage[],
): { readonly id: string; readonly versionId?: string | undefined } | undefined {
  const named = new Set<string>()
  for (const { type, purl } of packages) {
    if (type !== 'deb' && type !== 'apk' && type !== 'rpm') continue
    const distro = PackageURL.fromString(purl!).qualifiers?.['distro']
    if (distro) named.add(distro)
  }
  const [only] = named
  if (named.size !== 1 || only === undefined) return undefined
  const [, id, versionId] = /^(.+)-(\d[^-]*)$/.exec(only) ?? []
  return id === undefined ? { id: only } : { id, versionId }
}
