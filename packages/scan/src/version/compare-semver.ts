import { compare, parse } from 'semver'
import { type UnparseableVersion, unparseable, type VersionOrder } from './version-order.ts'

/** Orders two versions by Semantic Versioning 2.0; a leading `v` is allowed, build metadata does not count. */
export function compareSemver(a: string, b: string): VersionOrder | UnparseableVersion {
  const left = parse(a)
  if (left === null) return unparseable(a)
  const right = parse(b)
  if (right === null) return unparseable(b)
  return compare(left, right)
}

/**
 * Orders two Go versions: of modules (`v1.2.3`, pseudo-versions, `+incompatible`) or of the toolchain (`go1.22rc1`,
 * `go1.21.3 X:nocoverageredesign`). `(devel)` has no order.
 */
export function compareGoVersions(a: string, b: string): VersionOrder | UnparseableVersion {
  return compareSemver(toSemver(a), toSemver(b))
}

const toolchain = /^(?:go)?(\d+)\.(\d+)(?:\.(\d+))?(?:(alpha|beta|rc)(\d+))?(?:[ +-].*)?$/

/** `go1.22rc1` as Go's vulnerability database writes it: `1.22.0-rc.1`. Other texts stay as they are. */
function toSemver(version: string): string {
  const isToolchain = version.startsWith('go') || /^\d+\.\d+(?:(?:alpha|beta|rc)\d+)?$/.test(version)
  if (!isToolchain || version.length > 256) return version
  const match = toolchain.exec(version)
  if (match === null) return version
  const [, major, minor, patch = '0', stage, number] = match
  return `${major}.${minor}.${patch}${stage === undefined ? '' : `-${stage}.${number}`}`
}
