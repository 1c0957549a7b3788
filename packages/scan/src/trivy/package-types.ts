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
  oracle: { type: 'rpm', ids: ['ol'] },
  photon: { type: 'rpm', ids: ['photon'] },
  redhat: { type: 'rpm', ids: ['rhel'] },
  rocky: { type: 'rpm', ids: ['rocky'] },
  slem: { type: 'rpm', ids: ['sle-micro', 'sl-micro', 'sle-micro-rancher'] },
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
