/** What keeps the list of installed packages. */
export type DatabaseFamily = 'dpkg' | 'apk' | 'rpm'

/** Distributions whose database and advisories are known, by `ID` of os-release. */
const families: ReadonlyMap<string, DatabaseFamily> = new Map([
  ['debian', 'dpkg'],
  ['raspbian', 'dpkg'],
  ['ubuntu', 'dpkg'],
  ['alpine', 'apk'],
  ['chainguard', 'apk'],
  ['wolfi', 'apk'],
  ['almalinux', 'rpm'],
  ['amzn', 'rpm'],
  ['azurelinux', 'rpm'],
  ['centos', 'rpm'],
  ['fedora', 'rpm'],
  ['mariner', 'rpm'],
  ['ol', 'rpm'],
  ['opensuse-leap', 'rpm'],
  ['opensuse-tumbleweed', 'rpm'],
  ['photon', 'rpm'],
  ['rhel', 'rpm'],
  ['rocky', 'rpm'],
  ['sles', 'rpm'],
])

/** The database that a known distribution has; `undefined` for an unknown one. */
export function databaseFamily(id: string): DatabaseFamily | undefined {
  return families.get(id)
}
