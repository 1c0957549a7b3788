import type { Distro } from '../inventory.ts'

const idsByName: readonly (readonly [RegExp, string])[] = [
  [/^Red Hat Enterprise Linux\b/, 'rhel'],
  [/^CentOS\b/, 'centos'],
  [/^Rocky Linux\b/, 'rocky'],
  [/^AlmaLinux\b/, 'almalinux'],
  [/^Fedora\b/, 'fedora'],
  [/^Oracle Linux\b/, 'ol'],
  [/^Scientific Linux\b/, 'scientific'],
]

const idsByVendor: ReadonlyMap<string, string> = new Map([
  ['amazon', 'amzn'],
  ['centos', 'centos'],
  ['fedoraproject', 'fedora'],
  ['oracle', 'ol'],
  ['redhat', 'rhel'],
])

/** Reads `alpine-release`: a version alone. */
export function parseAlpineRelease(text: string): Distro | undefined {
  const version = /^\d+\.\d+[0-9a-z._]*$/.exec(text.trim())?.[0]
  return version === undefined ? undefined : { id: 'alpine', versionId: version, idLike: [] }
}

/**
 * Reads `debian_version`. `bookworm/sid` says nothing: Debian's testing and unstable have it, and so have
 * distributions derived from them.
 */
export function parseDebianVersion(text: string): Distro | undefined {
  const version = /^(\d+)(?:\.\d+)*$/.exec(text.trim())?.[1]
  return version === undefined ? undefined : { id: 'debian', versionId: version, idLike: [] }
}

/** Reads `redhat-release` and its like: `CentOS release 6.9 (Final)`. */
export function parseRedHatRelease(text: string): Distro | undefined {
  const line = text.trim().split('\n', 1)[0]!
  const match = /^(.{1,100}?) release (\d+(?:\.\d+)*)\b/.exec(line)
  const id = idsByName.find(([name]) => name.test(match?.[1] ?? ''))?.[1]
  return match && id ? { id, versionId: match[2], idLike: [], prettyName: line.slice(0, 200) } : undefined
}

/** Reads `system-release-cpe`, the name of the distribution by CPE 2.2: `cpe:/o:centos:linux:6:GA`. */
export function parseSystemReleaseCpe(text: string): Distro | undefined {
  const [, vendor, version] = /^cpe:\/o:([a-z]+):[a-z_]+:(\d+(?:\.\d+)?)/.exec(text.trim()) ?? []
  const id = idsByVendor.get(vendor ?? '')
  return id && version ? { id, versionId: version, idLike: [] } : undefined
}
