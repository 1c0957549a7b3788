import type { Distro, PackageType } from '@sallyport/inventory'

/** Where advisories for a package are looked up. */
export type EcosystemChoice =
  | {
      readonly ok: true
      /** Name of the ecosystem in OSV, with the release where there is one: `Debian:12`. */
      readonly name: string
      /** The ecosystem without release, whose records count for every release. */
      readonly base?: string | undefined
    }
  | {
      readonly ok: false
      readonly code: 'DISTRO_UNKNOWN' | 'DISTRO_UNSUPPORTED' | 'NO_ADVISORIES'
      readonly why: string
    }

/** Chooses the OSV ecosystem of packages of a type, in an image of that distribution. */
export function ecosystemOf(type: PackageType, distro: Distro | undefined): EcosystemChoice {
  switch (type) {
    case 'npm':
      return { ok: true, name: 'npm' }
    case 'pypi':
      return { ok: true, name: 'PyPI' }
    case 'golang':
      return { ok: true, name: 'Go' }
    case 'maven':
      return { ok: true, name: 'Maven' }
    case 'gem':
      return { ok: true, name: 'RubyGems' }
    case 'cargo':
      return { ok: true, name: 'crates.io' }
    case 'nuget':
      return { ok: true, name: 'NuGet' }
    case 'composer':
      return { ok: true, name: 'Packagist' }
    case 'conda':
    case 'generic':
      return { ok: false, code: 'NO_ADVISORIES', why: `advisories name no packages of type ${type}` }
    case 'deb':
    case 'apk':
    case 'rpm':
      return distro === undefined
        ? { ok: false, code: 'DISTRO_UNKNOWN', why: `the distribution of the ${type} packages is not known` }
        : distroEcosystem(type, distro)
  }
}

function distroEcosystem(type: 'deb' | 'apk' | 'rpm', distro: Distro): EcosystemChoice {
  const version = distro.versionId ?? ''
  if (type === 'deb' && distro.id === 'debian') {
    const major = /^(\d+)(?:\.\d+)*$/.exec(version)?.[1]
    if (major !== undefined) return { ok: true, name: `Debian:${major}`, base: 'Debian' }
  }
  if (type === 'apk' && distro.id === 'alpine') {
    const minor = /^(\d+\.\d+)(?:\.\d+)*$/.exec(version)?.[1]
    if (minor !== undefined) return { ok: true, name: `Alpine:v${minor}`, base: 'Alpine' }
  }
  const release = version === '' ? 'without a release number' : version
  const why = `no matching of ${type} packages for ${distro.id} ${release}`.slice(0, 300)
  return { ok: false, code: 'DISTRO_UNSUPPORTED', why }
}
