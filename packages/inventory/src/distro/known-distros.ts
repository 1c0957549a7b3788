/** What keeps the list of installed packages. */
export type DatabaseFamily = 'dpkg' | 'apk' | 'rpm'

/** Distributions whose database is read and for which some scanner has advisories, by `ID` of os-release. */
const families: ReadonlyMap<string, DatabaseFamily> = new Map([
  ['debian', 'dpkg'],
  ['echo', 'dpkg'],
  ['raspbian', 'dpkg'],
  ['ubuntu', 'dpkg'],
  ['alpine', 'apk'],
  ['chainguard', 'apk'],
  ['minimos', 'apk'],
  ['postmarketos', 'apk'],
  ['secureos', 'apk'],
  ['wolfi', 'apk'],
  ['almalinux', 'rpm'],
  ['amzn', 'rpm'],
  ['azurelinux', 'rpm'],
  ['centos', 'rpm'],
  ['fedora', 'rpm'],
  ['hummingbird', 'rpm'],
  ['mariner', 'rpm'],
  ['ol', 'rpm'],
  ['opensuse', 'rpm'],
  ['opensuse-leap', 'rpm'],
  ['opensuse-tumbleweed', 'rpm'],
  ['photon', 'rpm'],
  ['rhel', 'rpm'],
  ['rocky', 'rpm'],
  ['scientific', 'rpm'],
  ['sl-micro', 'rpm'],
  ['sle-micro', 'rpm'],
  ['sle-micro-rancher', 'rpm'],
  ['sles', 'rpm'],
])

/** The database that a known distribution has; `undefined` for an unknown one. */
export function databaseFamily(id: string): DatabaseFamily | undefined {
  return families.get(id)
}
