/** purl types of OSV's ecosystems, without release. */
const types: Readonly<Record<string, string>> = {
  AlmaLinux: 'rpm',
  Alpine: 'apk',
  Alpaquita: 'apk',
  'BellSoft Hardened Containers': 'apk',
  Chainguard: 'apk',
  Debian: 'deb',
  Echo: 'deb',
  Go: 'golang',
  Mageia: 'rpm',
  Maven: 'maven',
  MinimOS: 'apk',
  NuGet: 'nuget',
  Packagist: 'composer',
  'Photon OS': 'rpm',
  PyPI: 'pypi',
  'Red Hat': 'rpm',
  'Rocky Linux': 'rpm',
  RubyGems: 'gem',
  SUSE: 'rpm',
  Ubuntu: 'deb',
  Wolfi: 'apk',
  'crates.io': 'cargo',
  npm: 'npm',
  openEuler: 'rpm',
  openSUSE: 'rpm',
}

/** Further ecosystems of which OSV-Scanner may ask for data. */
const others = [
  'Android',
  'Azure Linux',
  'Bioconductor',
  'Bitnami',
  'CRAN',
  'ConanCenter',
  'FreeBSD',
  'GHC',
  'GIT',
  'GitHub Actions',
  'Hackage',
  'Hex',
  'Julia',
  'Kubernetes',
  'Linux',
  'OSS-Fuzz',
  'Opam',
  'Pub',
  'Root',
  'SwiftURL',
  'VSCode',
]

/** All ecosystems that an image may have packages of. */
export const ecosystemNames: readonly string[] = [...Object.keys(types), ...others]

/** `Debian:12` → `Debian`. */
export function baseEcosystem(ecosystem: string): string {
  return ecosystem.split(':', 1)[0] ?? ''
}

/** The purl type of an ecosystem's packages. */
export function typeOfEcosystem(ecosystem: string): string {
  const base = baseEcosystem(ecosystem)
  return Object.hasOwn(types, base) ? (types[base] ?? 'generic') : 'generic'
}
