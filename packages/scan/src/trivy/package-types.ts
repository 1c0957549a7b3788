import type { Distro } from '@sallyport/inventory'

/** Families that Trivy 0.74 matches with advisories, the purl type of their packages and their `ID` in os-release. */
const families: Readonly<Record<string, { readonly type: string; readonly ids: readonly string[] }>> = {
  alma: { type: 'rpm', ids: ['almalinux'] },
  alpine: { type: 'apk', ids: ['alpine'] },
  amazon: { type: 'rpm', ids: ['amzn'] },
  azurelinux: { type: 'rpm', ids: ['azurelinux'] },
  'cbl-mariner': { type: 'rpm', ids: ['mariner'] },
  centos: { type: 'rpm', ids: ['centos'] },
  chainguard: { type: 'apk', ids: ['chainguard'] },
  debian: { type: 'deb', ids: ['debian'] },
  'opensuse-leap': { type: 'rpm', ids: ['opensuse-leap'] },
  'opensuse.leap': { type: 'rpm', ids: ['opensuse-leap'] },
  'opensuse-tumbleweed': { type: 'rpm', ids: ['opensuse-tumbleweed'] },
  'opensuse.tumbleweed': { type: 'rpm', ids: ['opensuse-tumbleweed'] },
  oracle: { type: 'rpm', ids: ['ol'] },
  photon: { type: 'rpm', ids: ['photon'] },
  redhat: { type: 'rpm', ids: ['rhel'] },
  rocky: { type: 'rpm', ids: ['rocky'] },
  slem: { type: 'rpm', ids: ['sle-micro', 'sl-micro', 'sle-micro-rancher'] },
  'suse linux enterprise micro': { type: 'rpm', ids: ['sle-micro', 'sl-micro', 'sle-micro-rancher'] },
  sles: { type: 'rpm', ids: ['sles'] },
  'suse linux enterprise server': { type: 'rpm', ids: ['sles'] },
  ubuntu: { type: 'deb', ids: ['ubuntu'] },
  wolfi: { type: 'apk', ids: ['wolfi'] },
}

const languages: Readonly<Record<string, string>> = {
  bundler: 'gem',
  cargo: 'cargo',
  composer: 'composer',
  'composer-vendor': 'composer',
  'conda-pkg': 'conda',
  'dotnet-core': 'nuget',
  gemspec: 'gem',
  gobinary: 'golang',
  gomod: 'golang',
  jar: 'maven',
  'node-pkg': 'npm',
  nuget: 'nuget',
  'python-pkg': 'pypi',
  rustbinary: 'cargo',
}

/** Whether Trivy has advisories for a family at all; for others it reports nothing and says so nowhere. */
export function isSupportedFamily(family: string): boolean {
  return Object.hasOwn(families, family)
}

/** Whether a family is the distribution that the inventory found. */
export function isFamilyOf(family: string, distro: Distro): boolean {
  return Object.hasOwn(families, family) && (families[family]?.ids.includes(distro.id) ?? false)
}

/** The purl type of packages that Trivy gives without a purl. */
export function packageTypeOf(resultType: string | undefined): string {
  const key = resultType ?? ''
  if (Object.hasOwn(families, key)) return families[key]?.type ?? 'generic'
  return Object.hasOwn(languages, key) ? (languages[key] ?? 'generic') : 'generic'
}

/** Words of Trivy before 0.58 for distributions that have others since. */
const oldFamilies: Readonly<Record<string, string>> = {
  'opensuse-leap': 'opensuse.leap',
  'opensuse-tumbleweed': 'opensuse.tumbleweed',
  slem: 'suse linux enterprise micro',
  sles: 'suse linux enterprise server',
}

/**
 * Trivy's word for a distribution, which changed with its versions: to another it answers that nothing was found.
 * `undefined` where Trivy has no advisories for it, or where the version does not tell which word it is.
 */
export function familyOf({ id }: Distro, trivyVersion: string): string | undefined {
  // the new word stands before the old one
  const family = Object.entries(families).find(([, { ids }]) => ids.includes(id))?.[0]
  if (family === undefined || !Object.hasOwn(oldFamilies, family)) return family
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(trivyVersion) ?? []
  if (major === undefined) return undefined
  return major === '0' && Number(minor) < 58 ? oldFamilies[family] : family
}

/** Trivy's word for packages of a language as they are installed in an image, by purl type. */
export const installedTypes: Readonly<Record<string, string>> = {
  cargo: 'rustbinary',
  composer: 'composer-vendor',
  gem: 'gemspec',
  golang: 'gobinary',
  maven: 'jar',
  npm: 'node-pkg',
  nuget: 'dotnet-core',
  pypi: 'python-pkg',
}
